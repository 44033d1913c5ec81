import type { Kernel } from '@jupyterlab/services';
import type { JSONObject } from '@lumino/coreutils';
import type { Sc2Api } from '../api';
import type { ISnapshot } from '../messages';

const KEY = 'jupyter_sc2';

/** What to ask a kernel with; the server has it, and is asked once. */
export class SnapshotCode {
  constructor(private readonly _api: Sc2Api) {}

  get(): Promise<string> {
    this._code ??= this._api.snapshotCode().catch((error: unknown) => {
      this._code = null;
      throw error;
    });
    return this._code;
  }

  private _code: Promise<string> | null = null;
}

/** Whether a kernel's names can be asked for. */
export async function isPython(
  kernel: Kernel.IKernelConnection
): Promise<boolean> {
  const { language_info: language } = await kernel.info;
  return language.name === 'python';
}

/**
 * Ask an idle kernel for its names with a silent, empty request, which leaves
 * counts, history and output as they are. Null when it cannot tell; rejects
 * when the request came to nothing, as after an interrupt.
 *
 * Never ask while a cell runs or waits: such a request ends with IPython's
 * `post_execute`, which would take that cell's figures and its next input.
 */
export async function askSnapshot(
  kernel: Kernel.IKernelConnection,
  expression: string
): Promise<ISnapshot | null> {
  const future = kernel.requestExecute(
    {
      code: '',
      silent: true,
      store_history: false,
      stop_on_error: false,
      allow_stdin: false,
      user_expressions: { [KEY]: expression }
    },
    true
  );
  const { content } = await future.done;
  if (content.status !== 'ok') {
    throw new Error(content.status);
  }
  const told = content.user_expressions?.[KEY] as JSONObject | undefined;
  const data = told?.data as JSONObject | undefined;
  return (data?.['application/json'] as unknown as ISnapshot) ?? null;
}
