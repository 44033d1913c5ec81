import type { CodeEditor } from '@jupyterlab/codeeditor';
import { Text } from '@jupyterlab/coreutils';
import type { ICompletionSettings } from '../settings';
import type { IDocument, IEditorHost, IPlace } from './host';
import { languageOfFile } from './language';
import { around } from './window';

/** A file is one cell to the server. */
const CELL_ID = 'file';

/** A document with one editor, as JupyterLab's file editor is. */
export type IFileWidget = IEditorHost['widget'] & {
  readonly content: {
    readonly editor: CodeEditor.IEditor;
    readonly node: HTMLElement;
  };
  readonly context: { readonly path: string };
};

/** Known by its parts, so that the file editor's package is not needed. */
export function isFileWidget(widget: object | null): widget is IFileWidget {
  const { content, context } = (widget ?? {}) as Partial<IFileWidget>;
  return (
    typeof context?.path === 'string' &&
    typeof content?.editor?.getCursorPosition === 'function'
  );
}

/** Ghost text in a file editor. */
export class FileHost implements IEditorHost {
  constructor(
    readonly widget: IFileWidget,
    private readonly _settings: () => ICompletionSettings
  ) {}

  readonly isFile = true;
  readonly modelChanged = null;
  readonly state = null;
  readonly beside = [];

  get node(): HTMLElement {
    return this.widget.content.node;
  }

  get model(): CodeEditor.IModel {
    return this.widget.content.editor.model;
  }

  get path(): string {
    return this.widget.context.path;
  }

  get language(): string {
    return languageOfFile(this.model.mimeType, this.path);
  }

  place(): IPlace | null {
    const { editor } = this.widget.content;
    if (!this._settings().fileEditor || editor.isDisposed) {
      return null;
    }
    const source = editor.model.sharedModel.getSource();
    const cursor = editor.getOffsetAt(editor.getCursorPosition());
    return { cellId: CELL_ID, editor, source, cursor };
  }

  document(place: IPlace): IDocument {
    const { source, cursor } = around(place.source, place.cursor);
    const offset = Text.jsIndexToCharIndex(cursor, source);
    return {
      cells: [{ id: CELL_ID, kind: 'code', source }],
      active: 0,
      offset
    };
  }
}
