import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { ICommandPalette } from '@jupyterlab/apputils';
import type { ICompletionProviderManager } from '@jupyterlab/completer';
import type { INotebookTracker } from '@jupyterlab/notebook';
import type { TranslationBundle } from '@jupyterlab/translation';
import { isFileWidget } from './completion/file';
import { isCompletable } from './completion/notebook';
import { showDetails } from './details';
import type { EngineModel } from './engine';
import { sc2Icon } from './icon';
import type { CatalogueModel } from './models/catalogue';
import type { CompletionSettings } from './settings';
import { DEFAULTS } from './settings';

export const CommandIDs = {
  toggle: 'jupyter-sc2:toggle-ghost-text',
  suggest: 'jupyter-sc2:suggest',
  restart: 'jupyter-sc2:restart-engine',
  showStatus: 'jupyter-sc2:show-status',
  models: 'jupyter-sc2:models'
} as const;

export interface ICommandOptions {
  app: JupyterFrontEnd;
  catalogue: CatalogueModel | null;
  engine: EngineModel;
  manager: ICompletionProviderManager;
  palette: ICommandPalette | null;
  settings: CompletionSettings | null;
  tracker: INotebookTracker;
  trans: TranslationBundle;
}

/** The commands take no arguments. */
const describedBy = { args: { type: 'object', properties: {} } };

export function addCommands(options: ICommandOptions): void {
  const { app, catalogue, engine, manager, palette, settings, tracker, trans } =
    options;
  const { commands } = app;
  /** The notebook or file in front, where ghost text may be shown. */
  const target = () => {
    const widget = app.shell.currentWidget;
    const wanted = settings?.current ?? DEFAULTS;
    const { currentWidget: panel, activeCell: cell } = tracker;
    if (widget && widget === panel) {
      const edit = () => void (panel.content.mode = 'edit');
      return cell && isCompletable(cell, wanted)
        ? { id: panel.id, edit }
        : null;
    }
    if (isFileWidget(widget) && wanted.fileEditor) {
      return { id: widget.id, edit: () => widget.content.editor.focus() };
    }
    return null;
  };
  const category = trans.__('StarCoder2');

  commands.addCommand(CommandIDs.toggle, {
    label: trans.__('StarCoder2: Turn ghost text on or off'),
    caption: trans.__('Suggest code while you type'),
    isEnabled: () => settings !== null,
    isToggled: () => settings?.current.enabled ?? false,
    execute: () => settings?.toggle(),
    describedBy
  });
  commands.addCommand(CommandIDs.suggest, {
    label: trans.__('StarCoder2: Suggest at the cursor'),
    caption: trans.__('Ask for ghost text here, even when it is turned off'),
    icon: sc2Icon,
    isEnabled: () => target() !== null,
    execute: async () => {
      const editor = target();
      if (editor) {
        // The palette gives the focus back to the document on the next frame.
        await nextFrame();
        await nextFrame();
        editor.edit();
        manager.inline?.invoke(editor.id);
      }
    },
    describedBy
  });
  commands.addCommand(CommandIDs.showStatus, {
    label: trans.__('StarCoder2: Show engine status'),
    caption: trans.__('Weights, state, device and versions'),
    icon: sc2Icon,
    execute: () =>
      showDetails(engine, catalogue, trans, () => {
        void commands.execute(CommandIDs.models);
      }),
    describedBy
  });

  commands.addCommand(CommandIDs.restart, {
    label: trans.__('StarCoder2: Restart the engine'),
    caption: trans.__('Load the weights anew, after a failure for example'),
    icon: sc2Icon,
    execute: () => engine.restart(),
    describedBy
  });

  settings?.changed.connect(() => {
    commands.notifyCommandChanged(CommandIDs.toggle);
  });
  const { toggle, suggest, restart, showStatus } = CommandIDs;
  for (const command of [toggle, suggest, restart, showStatus]) {
    palette?.addItem({ command, category });
  }
}

function nextFrame(): Promise<unknown> {
  return new Promise(resolve => requestAnimationFrame(resolve));
}
