import type { IEditorLanguageRegistry } from '@jupyterlab/codemirror';
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { IProvenance } from '../messages';
import type { CellInserter } from './insert';

/** What a shown reply needs besides its text. */
export interface IReplyServices {
  languages: IEditorLanguageRegistry | null;
  typesetter: IRenderMime.ILatexTypesetter | null;
  inserter: CellInserter;
  trans: TranslationBundle;
  /** What made the reply; goes with its code into the notebook. */
  provenance: IProvenance | null;
}
