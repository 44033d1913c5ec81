import type { Cell, ICodeCellModel } from '@jupyterlab/cells';
import type { Notebook, NotebookPanel } from '@jupyterlab/notebook';
import { NotebookActions } from '@jupyterlab/notebook';
import type { Kernel } from '@jupyterlab/services';
import type { IDisposable } from '@lumino/disposable';
import { Signal } from '@lumino/signaling';
import { shaOf } from '../completion/cells';
import type { ICellRun, ISnapshot } from '../messages';
import type { IState } from './runs';
import { describe } from './runs';
import { askSnapshot, isPython } from './snapshot';
import type { IOutput } from './text';
import { textOf } from './text';

/** Pause after the last execution before the kernel is asked, in milliseconds. */
const PAUSE = 200;

export interface IKernelStateOptions {
  /** What to ask a kernel with. */
  code: () => Promise<string>;
  /** Whether the user lets the kernel be asked. */
  enabled: () => boolean;
  /** Called when there is more to tell after something ran. */
  onChange: () => void;
}

/** What a notebook's kernel ran, and which names it has: for one panel. */
export class KernelState implements IDisposable {
  constructor(
    private readonly _panel: NotebookPanel,
    private readonly _options: IKernelStateOptions
  ) {
    const { sessionContext, context } = _panel;
    NotebookActions.executionScheduled.connect(this._onScheduled, this);
    NotebookActions.executed.connect(this._onExecuted, this);
    sessionContext.statusChanged.connect(this._onStatus, this);
    sessionContext.kernelChanged.connect(this._onKernel, this);
    void Promise.all([context.ready, sessionContext.ready]).then(() =>
      this._later()
    );
  }

  /** As it is sent with a request; null when nothing is known. */
  get current(): IState | null {
    const snapshot = this._options.enabled() ? this._snapshot : null;
    if (this._state === undefined || this._described !== snapshot) {
      this._described = snapshot;
      this._state = describe(this._runs, snapshot);
    }
    return this._state;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    this._isDisposed = true;
    clearTimeout(this._timer);
    Signal.clearData(this);
  }

  private _onScheduled(_: unknown, { notebook, cell }: IExecution): void {
    if (notebook === this._panel.content && cell.model.type === 'code') {
      // What runs is what stands there now; the user may type on meanwhile.
      const sha = shaOf(cell.model.sharedModel.getSource());
      this._scheduled.set(cell.model as ICodeCellModel, sha);
    }
  }

  private _onExecuted(_: unknown, { notebook, cell }: IExecution): void {
    const model = cell.model as ICodeCellModel;
    const sha = this._scheduled.get(model);
    if (notebook !== this._panel.content || sha === undefined) {
      return;
    }
    this._scheduled.delete(model);
    const run = runOf(model, sha);
    if (run) {
      this._adoptRuns(run.order - 1);
      this._runs.set(model.id, run);
      this._last = run.order;
      this._state = undefined;
    }
    this._asked = false;
    this._later();
  }

  private _onStatus(_: unknown, status: Kernel.Status): void {
    if (status === 'restarting' || status === 'autorestarting') {
      this._clear();
    } else if (status === 'idle' && !this._asked) {
      this._later();
    }
  }

  private _onKernel(_: unknown, { oldValue }: { oldValue: unknown }): void {
    if (oldValue) {
      this._clear();
    }
    this._asked = false;
  }

  private _clear(): void {
    this._epoch++;
    this._runs.clear();
    this._scheduled.clear();
    this._last = 0;
    this._snapshot = null;
    this._state = undefined;
    this._adopt = false;
  }

  private _later(): void {
    clearTimeout(this._timer);
    if (!this._isDisposed) {
      this._timer = setTimeout(() => void this._take(), PAUSE);
    }
  }

  /** Whether nothing runs or waits, so that the kernel may be asked. */
  private _isIdle(kernel: Kernel.IKernelConnection): boolean {
    for (const model of this._scheduled.keys()) {
      if (!model.isDisposed && model.executionState === 'running') {
        return false;
      }
    }
    return kernel.status === 'idle' && kernel.connectionStatus === 'connected';
  }

  private async _take(): Promise<void> {
    const kernel = this._panel.sessionContext.session?.kernel;
    if (this._asked || this._isDisposed || !kernel || !this._isIdle(kernel)) {
      return; // the next execution or idle status comes back here
    }
    this._asked = true;
    const epoch = this._epoch;
    let snapshot = this._snapshot;
    try {
      if (this._options.enabled() && (await isPython(kernel))) {
        const code = await this._options.code();
        // A cell may have been run meanwhile; its end comes back here.
        if (!this._isIdle(kernel)) {
          this._asked = false;
          return;
        }
        snapshot = await askSnapshot(kernel, code);
      }
    } catch {
      this._asked = false; // the server or the kernel did not answer
    }
    if (epoch === this._epoch && !this._isDisposed) {
      this._snapshot = snapshot;
      if (snapshot) {
        this._adoptRuns(snapshot.execution_count);
      }
      this._state = undefined;
      if (this.current) {
        this._options.onChange();
      }
    }
  }

  /**
   * The kernel has run `count` cells before what comes now. Takes over those
   * that ran before the page was opened; forgets all when the kernel is anew.
   */
  private _adoptRuns(count: number): void {
    if (count < this._last) {
      this._runs.clear();
      this._last = 0;
    }
    for (const model of this._adopt ? (this._panel.model?.cells ?? []) : []) {
      const run = model.type === 'code' ? runOf(model as ICodeCellModel) : null;
      if (run && run.order <= count) {
        this._runs.set(model.id, run);
      }
    }
    this._adopt = false;
  }

  /** Whether the cells' counts may be the kernel's: it may be older than the page. */
  private _adopt = true;
  /** Whether the kernel was asked since something ran. */
  private _asked = false;
  private _described: ISnapshot | null = null;
  /** Grows when the kernel starts anew; an older answer is then void. */
  private _epoch = 0;
  private _isDisposed = false;
  /** The latest execution count. */
  private _last = 0;
  private readonly _runs = new Map<string, ICellRun>();
  /** Cells that run or wait, and the sha of what they run. */
  private readonly _scheduled = new Map<ICodeCellModel, string>();
  private _snapshot: ISnapshot | null = null;
  private _state: IState | null | undefined;
  private _timer: ReturnType<typeof setTimeout> | undefined;
}

interface IExecution {
  notebook: Notebook;
  cell: Cell;
}

/** How a cell ran; null when it did not. */
function runOf(model: ICodeCellModel, sha?: string): ICellRun | null {
  const order = model.executionCount;
  if (!order || model.isDisposed) {
    return null;
  }
  return { id: model.id, order, sha, ...textOf(outputsOf(model)) };
}

function* outputsOf({ outputs }: ICodeCellModel): Generator<IOutput> {
  for (let index = 0; index < outputs.length; index++) {
    yield outputs.get(index).toJSON();
  }
}
