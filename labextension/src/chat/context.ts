import type { Cell } from '@jupyterlab/cells';
import type { INotebookTracker } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { ISignal } from '@lumino/signaling';
import { Signal } from '@lumino/signaling';
import { wellFormed } from '../completion/cells';
import type { IPiece } from '../messages';

/** The server's bound on a piece, in characters. */
const MAX_SOURCE = 65536;

/**
 * What of the notebook goes with the next question: the active cell, or what
 * is selected in it. The user sees it and can take it away.
 */
export class ChatContext {
  constructor(
    private readonly _tracker: INotebookTracker,
    private readonly _trans: TranslationBundle
  ) {
    _tracker.activeCellChanged.connect(this._onCell, this);
    this._onCell();
  }

  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** At most one piece; none when the user has taken it away. */
  get pieces(): IPiece[] {
    const cell = this._tracker.activeCell;
    if (this._removed || !cell || cell.isDisposed) {
      return [];
    }
    const source = cell.model.sharedModel.getSource();
    const number =
      (this._tracker.currentWidget?.content.widgets.indexOf(cell) ?? 0) + 1;
    const selected = selectionOf(cell);
    const text = wellFormed(selected || source).slice(0, MAX_SOURCE);
    if (!text.trim()) {
      return [];
    }
    const kind = cell.model.type === 'code' ? 'code' : 'markdown';
    return [
      selected
        ? {
            kind,
            title: this._trans._n(
              'Selection in cell %2, %1 line',
              'Selection in cell %2, %1 lines',
              text.split('\n').length,
              number
            ),
            source: text
          }
        : {
            kind,
            title: this._trans.__('Cell %1', number),
            source: text
          }
    ];
  }

  /** Take the piece away, until another cell is active. */
  remove(): void {
    this._removed = true;
    this._changed.emit();
  }

  private _onCell(): void {
    const cell = this._tracker.activeCell;
    if (cell !== this._cell) {
      const old = this._cell;
      if (old && !old.isDisposed) {
        old.model.sharedModel.changed.disconnect(this._tell, this);
        old.model.selections.changed.disconnect(this._tell, this);
      }
      this._cell = cell;
      cell?.model.sharedModel.changed.connect(this._tell, this);
      cell?.model.selections.changed.connect(this._tell, this);
      this._removed = false;
    }
    this._tell();
  }

  /** Once for a burst of changes: typing in a cell is not to be slowed. */
  private _tell(): void {
    this._timer ??= setTimeout(() => {
      this._timer = null;
      this._changed.emit();
    }, 100);
  }

  private _cell: Cell | null = null;
  private readonly _changed = new Signal<this, void>(this);
  private _removed = false;
  private _timer: ReturnType<typeof setTimeout> | null = null;
}

function selectionOf(cell: Cell): string {
  const { editor } = cell;
  if (!editor) {
    return '';
  }
  const { start, end } = editor.getSelection();
  const from = editor.getOffsetAt(start);
  const to = editor.getOffsetAt(end);
  return cell.model.sharedModel
    .getSource()
    .slice(Math.min(from, to), Math.max(from, to));
}
