/**
 * The wire contract, as the server's `messages.py` defines it.
 * Offsets count Unicode code points.
 */

import type { IRoleChoice } from './models/messages';

/** Version of this contract; sent with every request. */
export const PROTOCOL = 1;

export type CellKind = 'code' | 'markdown' | 'raw';
export type Role = 'ghost' | 'magic' | 'chat';
export type EngineState = 'off' | 'loading' | 'ready' | 'restarting' | 'failed';

/** One cell; `source` is left out when the server knows `sha`. */
export interface ICell {
  id: string;
  kind: CellKind;
  sha: string;
  source?: string;
}

/** How a cell last ran; `sha` is that of the source that ran, if known. */
export interface ICellRun {
  id: string;
  /** The execution count. */
  order: number;
  sha?: string;
  output?: string;
  error?: string;
}

/** The kernel's names after an execution; the server knows what a variable is. */
export interface ISnapshot {
  execution_count: number;
  variables: unknown[];
}

export interface INotebookState {
  runs: ICellRun[];
  snapshot: ISnapshot | null;
}

/** Another notebook that is open, as the script of its code cells. */
export interface IOpenFile {
  path: string;
  source: string;
}

/** A state or open file as text; left out when the server knows `sha`. */
export interface IStateRef {
  sha: string;
  source?: string;
}

export interface ICompletionRequest {
  protocol: typeof PROTOCOL;
  request_id: string;
  client_id: string;
  editor_id: string;
  seq: number;
  role: Role;
  cells: ICell[];
  state?: IStateRef;
  /** Other notebooks that are open. */
  beside?: IStateRef[];
  cursor: { cell_id: string; offset: number };
  /** As in Jupyter's contents API. */
  path: string;
  /** Whether the one cell is a file of text. */
  is_file: boolean;
  language: string;
  options: { max_new_tokens: number; temperature: number };
}

/** The one shape of an error, as an event and as the body of a 4xx or 5xx. */
export interface IFailure {
  code: string;
  message: string;
  hint?: string;
  request_id?: string;
  /** With `need_cells`: the shas whose sources the server lacks. */
  missing?: string[];
}

/** What made a text; kept with it. */
export interface IProvenance {
  weights: string;
  weights_sha256: string;
  seed: number;
  [detail: string]: unknown;
}

/**
 * The end of an answer. `text` is all of it as it is kept, in place of what
 * came before; `revision` and `unsaved` come in chats only.
 */
export interface IDone {
  type: 'done';
  finish: string;
  truncated?: boolean;
  provenance?: IProvenance | null;
  text?: string;
  revision?: number | null;
  unsaved?: string;
}

export type Sc2Event =
  | { type: 'queued'; position: number }
  | { type: 'loading'; share: number }
  | { type: 'prefill'; done: number; total: number }
  | { type: 'text'; text: string }
  | IDone
  | ({ type: 'error' } & IFailure);

/** A cell, or what is selected in one, that the user shows to the model. */
export interface IPiece {
  kind: 'code' | 'markdown';
  title: string;
  source: string;
}

export interface IMessage {
  id: string;
  role: 'user' | 'assistant';
  text: string;
  time: string;
  context: IPiece[];
  finish: string | null;
  error: string;
  /** Whether the reply was given less than what was said and shown. */
  truncated: boolean;
  /** The question's id; null where it stands just before. */
  in_reply_to: string | null;
  provenance: IProvenance | null;
}

/** `revision` grows by one with each message. */
export interface IConversation {
  id: string;
  path: string;
  revision: number;
  messages: IMessage[];
  /** Its notebook is gone; no other one takes it over. */
  deleted?: boolean;
}

/** Answer to opening a notebook's conversation. `base` weights do not converse. */
export interface IOpenedConversation {
  conversation: IConversation;
  weights: string;
  kind: 'base' | 'chat';
  notice: string;
}

export interface IChatRequest {
  protocol: typeof PROTOCOL;
  request_id: string;
  client_id: string;
  seq: number;
  conversation_id: string;
  revision: number;
  message: string;
  context: IPiece[];
  language: string;
  options: { max_new_tokens: number; temperature: number };
}

/** What a loaded engine says about itself. */
export interface IEngineDetails {
  weights_sha256: string;
  precision: string;
  device: string;
  max_positions: number;
  memory_bytes: number;
  versions: Record<string, string>;
}

export interface IEngineStatus {
  weights: string;
  state: EngineState;
  roles: Role[];
  running: number;
  waiting: number;
  share?: number;
  details?: IEngineDetails | null;
  failure?: IFailure | null;
  /** Tells engines of the same weights apart. */
  name?: string;
  adapter?: string;
}

export interface IStatus {
  protocol: number;
  version: string;
  engines: IEngineStatus[];
  /** What each role uses. */
  roles?: IRoleChoice[];
}
