import type { Cell, MarkdownCell } from '@jupyterlab/cells';
import type { CodeEditor } from '@jupyterlab/codeeditor';
import { Text } from '@jupyterlab/coreutils';
import type { NotebookPanel } from '@jupyterlab/notebook';
import type { ISignal } from '@lumino/signaling';
import type { IState } from '../kernel/runs';
import type { CellKind } from '../messages';
import type { ICompletionSettings } from '../settings';
import type { ICellSource } from './cells';
import type { IDocument, IEditorHost, IPlace } from './host';

const KINDS: readonly string[] = ['code', 'markdown', 'raw'];

export interface INotebookOptions {
  settings: () => ICompletionSettings;
  state: () => IState | null;
  beside: () => IState[];
}

/** Ghost text in a notebook: in its active cell. */
export class NotebookHost implements IEditorHost {
  constructor(
    readonly widget: NotebookPanel,
    private readonly _options: INotebookOptions
  ) {}

  readonly isFile = false;

  get node(): HTMLElement {
    return this.widget.content.node;
  }

  get model(): CodeEditor.IModel | null {
    return this.widget.content.activeCell?.model ?? null;
  }

  get modelChanged(): ISignal<unknown, unknown> {
    return this.widget.content.activeCellChanged;
  }

  get path(): string {
    return this.widget.context.path;
  }

  get language(): string {
    return languageOf(this.widget);
  }

  get state(): IState | null {
    return this._options.state();
  }

  get beside(): readonly IState[] {
    return this._options.beside();
  }

  place(): IPlace | null {
    const cell = this.widget.content.activeCell;
    const editor = cell?.editor;
    if (!editor || !isCompletable(cell, this._options.settings())) {
      return null;
    }
    const source = cell.model.sharedModel.getSource();
    const cursor = editor.getOffsetAt(editor.getCursorPosition());
    return { cellId: cell.model.id, editor, source, cursor };
  }

  /** All cells in notebook order. */
  document({ cellId, source, cursor }: IPlace): IDocument {
    const cells: ICellSource[] = [];
    for (const { id, type, sharedModel } of this.widget.model?.cells ?? []) {
      if (KINDS.includes(type)) {
        cells.push({
          id,
          kind: type as CellKind,
          source: sharedModel.getSource()
        });
      }
    }
    const active = cells.findIndex(cell => cell.id === cellId);
    return { cells, active, offset: Text.jsIndexToCharIndex(cursor, source) };
  }
}

/** Whether a cell gets ghost text: code; text only where wanted and edited. */
export function isCompletable(
  cell: Cell,
  { markdownCells }: ICompletionSettings
): boolean {
  const { type } = cell.model;
  return type === 'markdown'
    ? markdownCells && !(cell as MarkdownCell).rendered
    : type === 'code';
}

/** The kernel's language; what the notebook's file says until it has started. */
export function languageOf(panel: NotebookPanel): string {
  const spec = panel.model?.getMetadata('kernelspec') as
    { language?: string } | undefined;
  return panel.model?.defaultKernelLanguage || spec?.language || 'python';
}
