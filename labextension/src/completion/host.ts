import type { CodeEditor } from '@jupyterlab/codeeditor';
import type { IInlineCompletionContext } from '@jupyterlab/completer';
import type { ISignal } from '@lumino/signaling';
import type { IState } from '../kernel/runs';
import type { ICellSource } from './cells';

/** JupyterLab's mark of an editor that shows ghost text; it gives Tab to the ghost. */
export const GHOST_ACTIVE_CLASS = 'jp-mod-inline-completer-active';

/** A place in a text that may be completed; `cursor` is a UTF-16 index. */
export interface IPlace {
  cellId: string;
  editor: CodeEditor.IEditor;
  source: string;
  cursor: number;
}

/** What a request tells of a document; `offset` counts code points. */
export interface IDocument {
  cells: ICellSource[];
  /** The index of the cursor's cell. */
  active: number;
  offset: number;
}

/** What shows ghost text: a notebook or a file editor. */
export interface IEditorHost {
  readonly widget: IInlineCompletionContext['widget'];
  /** Where keys and clicks arrive. */
  readonly node: HTMLElement;
  /** The text that is edited now. */
  readonly model: CodeEditor.IModel | null;
  /** Emitted when `model` became another one; null when it never does. */
  readonly modelChanged: ISignal<unknown, unknown> | null;
  readonly isFile: boolean;
  readonly path: string;
  readonly language: string;
  /** What became of the cells in the kernel. */
  readonly state: IState | null;
  /** Other open notebooks. */
  readonly beside: readonly IState[];
  /** Where the user is, or null where nothing is to be completed. */
  place(): IPlace | null;
  document(place: IPlace): IDocument;
}

export function samePlace(a: IPlace | null, b: IPlace | null): boolean {
  return (
    a?.cellId === b?.cellId &&
    a?.source === b?.source &&
    a?.cursor === b?.cursor
  );
}

/** Whether only white space stands before the cursor on its line. */
export function atBlank({ source, cursor }: IPlace): boolean {
  const start = source.lastIndexOf('\n', cursor - 1) + 1;
  return source.slice(start, cursor).trim() === '';
}
