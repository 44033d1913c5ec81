import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { INotebookTracker } from '@jupyterlab/notebook';
import type { Kernel, KernelMessage } from '@jupyterlab/services';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { CellInserter } from '../chat/insert';
import { DOMAIN } from '../tokens';

/** On which the card of `%%starcoder` asks for what only a page can do. */
const TARGET = 'jupyter_sc2';

/** The data of such a request; anything else is ignored. */
interface ICardRequest {
  action?: unknown;
  code?: unknown;
  cell_id?: unknown;
}

/** The buttons of the magic's card: insert its code below its cell, or copy it. */
export const kernelComm: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-sc2:kernel',
  description: 'Inserts and copies for the card that %%starcoder shows.',
  autoStart: true,
  requires: [INotebookTracker],
  optional: [ITranslator],
  activate: (_, tracker: INotebookTracker, translator: ITranslator | null) => {
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    const inserter = new CellInserter(tracker, trans);
    tracker.widgetAdded.connect((_, panel) => {
      const listen = (kernel: Kernel.IKernelConnection | null) =>
        kernel?.registerCommTarget(TARGET, (_, open) =>
          obey(open, panel, inserter)
        );
      listen(panel.sessionContext.session?.kernel ?? null);
      panel.sessionContext.kernelChanged.connect((_, { newValue }) =>
        listen(newValue)
      );
    });
  }
};

function obey(
  open: KernelMessage.ICommOpenMsg,
  panel: NotebookPanel,
  inserter: CellInserter
): void {
  const { action, code, cell_id: cellId } = open.content.data as ICardRequest;
  if (typeof code !== 'string') {
    return;
  }
  // Every page and notebook of the kernel hears this: only where the user is.
  const cells = panel.content.model?.sharedModel.cells ?? [];
  if (!document.hasFocus() || !cells.some(({ id }) => id === cellId)) {
    return;
  }
  if (action === 'copy') {
    navigator.clipboard?.writeText(code).catch(() => undefined);
  } else if (action === 'insert') {
    inserter.insert(code, 'below', null, panel, cellId as string);
  }
}
