import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import { asText, type IState } from '../kernel/runs';
import { wellFormed } from './cells';
import { languageOf } from './notebook';

/** So many other notebooks are told, the latest opened first. */
const MAX_NOTEBOOKS = 3;

/** Characters of one notebook's code; the server takes a little more. */
const MAX_CHARS = 60 * 1024;

/**
 * Other open Python notebooks as scripts of their code cells, by their hash.
 * One that does not change costs nothing while the user types elsewhere.
 */
export class OpenNotebooks {
  constructor(private readonly _tracker: INotebookTracker) {}

  /** Those that stand beside `panel`. */
  beside(panel: NotebookPanel): IState[] {
    const others: NotebookPanel[] = [];
    this._tracker.forEach(other => {
      const shown = other !== panel && other.context.isReady;
      if (shown && languageOf(other) === 'python') {
        others.unshift(other);
      }
    });
    return others.slice(0, MAX_NOTEBOOKS).flatMap(other => {
      const told = this._told(other);
      return told ? [told] : [];
    });
  }

  private _told(panel: NotebookPanel): IState | null {
    let told = this._scripts.get(panel);
    if (told === undefined) {
      told = described(panel);
      this._scripts.set(panel, told);
      const forget = () => this._scripts.delete(panel);
      const { context } = panel;
      if (!this._followed.has(panel)) {
        this._followed.add(panel);
        context.model.contentChanged.connect(forget);
        context.pathChanged.connect(forget);
      }
    }
    return told;
  }

  private readonly _followed = new WeakSet<NotebookPanel>();
  private readonly _scripts = new WeakMap<NotebookPanel, IState | null>();
}

function described(panel: NotebookPanel): IState | null {
  const sources: string[] = [];
  let room = MAX_CHARS;
  for (const { type, sharedModel } of panel.model?.cells ?? []) {
    const source = type === 'code' ? sharedModel.getSource() : '';
    room -= source.length + 2;
    if (room < 0) {
      break;
    }
    if (source.trim()) {
      sources.push(source);
    }
  }
  const source = wellFormed(sources.join('\n\n'));
  return source ? asText({ path: panel.context.path, source }) : null;
}
