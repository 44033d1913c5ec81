/**
 * The wire contract of the catalogue, as the server's `messages/catalogue.py`
 * defines it. Sizes in bytes.
 */
import type { IFailure, Role } from '../messages';

export type WeightsKind = 'base' | 'instruct' | 'chat';
export type Precision = 'auto' | 'float32' | 'bfloat16' | 'int8' | 'int4';
export type Presence = 'absent' | 'partial' | 'complete';
export type DownloadState =
  'starting' | 'running' | 'checking' | 'paused' | 'failed' | 'done';

/** What can be done with weights, as the end of a route. */
export type WeightsAction =
  'download' | 'pause' | 'cancel' | 'delete' | 'load' | 'unload' | 'reload';

export interface IMemoryNeed {
  precision: Precision;
  bytes: number;
  fits: boolean;
}

export interface IEntry {
  /** `built-in`, an id of the Hugging Face Hub, or the path of a folder. */
  weights: string;
  title: string;
  kind: WeightsKind;
  parameters: number;
  /** 0 for what does not come from the Hub. */
  download_bytes: number;
  disk_bytes: number;
  memory: IMemoryNeed[];
  languages: string[];
  language_count: number;
  /** The id of one of the licences; empty where nothing has to be accepted. */
  licence: string;
  licence_name: string;
  /** The address of the model card. */
  card: string;
  presence: Presence;
  revision: string;
  /** How the weights suit the machine, in a sentence. */
  verdict: string;
  suited_for: Role[];
}

export interface IDevice {
  name: string;
  title: string;
  memory_bytes: number;
  free_bytes: number;
}

export interface IMachine {
  cpus: number;
  memory_bytes: number;
  memory_free_bytes: number;
  disk_free_bytes: number;
  disk_path: string;
  devices: IDevice[];
}

export interface IRecommendation {
  weights: string;
  precision: Precision;
  reason: string;
}

export interface IDownload {
  weights: string;
  state: DownloadState;
  done: number;
  total: number;
  /** Bytes a second. */
  rate: number;
  seconds_left: number | null;
  failure: IFailure | null;
  /** Why it does not go on at the moment. */
  note?: string;
}

export interface IRestriction {
  letter: string;
  text: string;
}

export interface IAcceptance {
  licence: string;
  version: string;
  who: string;
  time: string;
  /** Whether an administrator accepted for everyone on the server. */
  for_server: boolean;
}

export interface ILicence {
  id: string;
  title: string;
  version: string;
  url: string;
  duties: string[];
  restrictions: IRestriction[];
  acceptance: IAcceptance | null;
  /** The licence file of the downloaded weights; empty where there is none. */
  text: string;
}

/** What a role answers with; `next_weights` are on their way. */
export interface IRoleChoice {
  role: Role;
  weights: string;
  adapter: string;
  precision: Precision;
  device: string;
  /** Token ids of prompt and reply. */
  context: number;
  pinned: boolean;
  next_weights: string;
  note: string;
}

export interface ICatalogue {
  entries: IEntry[];
  machine: IMachine;
  recommendation: IRecommendation;
  roles: IRoleChoice[];
  downloads: IDownload[];
  licences: ILicence[];
  /** 0 for never. */
  idle_minutes: number;
  memory_budget_bytes: number;
  /** Empty where all weights are allowed. */
  allowed: string[];
}

/** What is asked for when a role shall use other weights. */
export type IChooseWeights = Pick<
  IRoleChoice,
  'weights' | 'adapter' | 'precision' | 'device' | 'context'
>;
