import type { Cell } from '@jupyterlab/cells';
import type { CodeEditor } from '@jupyterlab/codeeditor';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { CellKind } from '../messages';
import type { ICellSource } from './cells';

/** A place in a code cell; `cursor` is a UTF-16 index. */
export interface IPlace {
  cell: Cell;
  editor: CodeEditor.IEditor;
  source: string;
  cursor: number;
}

const KINDS: readonly string[] = ['code', 'markdown', 'raw'];

/** Where the user is, or null outside the editor of a code cell. */
export function placeOf(panel: NotebookPanel): IPlace | null {
  const cell = panel.content.activeCell;
  const editor = cell?.editor;
  if (!cell || !editor || cell.model.type !== 'code') {
    return null;
  }
  const source = cell.model.sharedModel.getSource();
  const cursor = editor.getOffsetAt(editor.getCursorPosition());
  return { cell, editor, source, cursor };
}

export function samePlace(a: IPlace | null, b: IPlace | null): boolean {
  return (
    a?.cell === b?.cell && a?.source === b?.source && a?.cursor === b?.cursor
  );
}

/** Whether only white space stands before the cursor on its line. */
export function atBlank({ source, cursor }: IPlace): boolean {
  const start = source.lastIndexOf('\n', cursor - 1) + 1;
  return source.slice(start, cursor).trim() === '';
}

/** All cells in notebook order, and which one is active. */
export function cellsOf(panel: NotebookPanel): {
  cells: ICellSource[];
  active: number;
} {
  const cells: ICellSource[] = [];
  let active = -1;
  for (const model of panel.model?.cells ?? []) {
    if (model.id === panel.content.activeCell?.model.id) {
      active = cells.length;
    }
    if (KINDS.includes(model.type)) {
      const kind = model.type as CellKind;
      cells.push({ id: model.id, kind, source: model.sharedModel.getSource() });
    }
  }
  return { cells, active };
}

/** The kernel's language; what the notebook's file says until it has started. */
export function languageOf(panel: NotebookPanel): string {
  const spec = panel.model?.getMetadata('kernelspec') as
    { language?: string } | undefined;
  return panel.model?.defaultKernelLanguage || spec?.language || 'python';
}
