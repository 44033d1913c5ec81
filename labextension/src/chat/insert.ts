import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { IProvenance } from '../messages';

/** Where a notebook keeps what made a cell's text. */
export const METADATA = 'jupyter_sc2';

/**
 * Puts code into the notebook that the user looks at. Each action is one step
 * for undo, and nothing runs. Returns a sentence about what happened.
 */
export class CellInserter {
  constructor(
    private readonly _tracker: INotebookTracker,
    private readonly _trans: TranslationBundle
  ) {}

  /** Put code into a new cell beside the active one, or beside `cellId`. */
  insert(
    code: string,
    where: 'above' | 'below',
    provenance: IProvenance | null = null,
    panel: NotebookPanel | null = this._tracker.currentWidget,
    cellId = panel?.content.activeCell?.model.id
  ): string {
    const notebook = panel?.content;
    const shared = notebook?.model?.sharedModel;
    if (!notebook || !shared || notebook.model?.readOnly) {
      return this._trans.__('Open a notebook first.');
    }
    const found = shared.cells.findIndex(cell => cell.id === cellId);
    const anchor = found < 0 ? notebook.activeCellIndex : found;
    const index = Math.max(0, anchor + (where === 'below' ? 1 : 0));
    shared.insertCell(index, {
      cell_type: 'code',
      source: code,
      metadata: metadataOf(provenance)
    });
    notebook.activeCellIndex = index;
    notebook.deselectAll();
    void notebook.scrollToItem(index);
    return this._trans.__('Inserted.');
  }

  /** Replace what is selected in the active cell, or else all of its text. */
  replace(code: string, provenance: IProvenance | null = null): string {
    const cell = this._tracker.activeCell;
    const editor = cell?.editor;
    if (
      !cell ||
      !editor ||
      cell.model.sharedModel.getMetadata('editable') === false
    ) {
      return this._trans.__('Choose a cell first.');
    }
    const { start, end } = editor.getSelection();
    const from = editor.getOffsetAt(start);
    const to = editor.getOffsetAt(end);
    const shared = cell.model.sharedModel;
    const whole = from === to;
    shared.transact(() => {
      const length = shared.getSource().length;
      shared.updateSource(
        whole ? 0 : Math.min(from, to),
        whole ? length : Math.max(from, to),
        code
      );
      if (provenance) {
        shared.setMetadata(METADATA, provenance as never);
      }
    });
    return this._trans.__('Replaced.');
  }
}

function metadataOf(provenance: IProvenance | null): Record<string, never> {
  return provenance ? { [METADATA]: provenance as never } : {};
}
