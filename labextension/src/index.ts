import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { ICompletionProviderManager } from '@jupyterlab/completer';
import { INotebookTracker } from '@jupyterlab/notebook';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { IStatusBar } from '@jupyterlab/statusbar';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { UUID } from '@lumino/coreutils';
import { Sc2Api } from './api';
import { chat } from './chat/plugin';
import { addCommands, CommandIDs } from './commands';
import { OpenNotebooks } from './completion/beside';
import { CellLedger } from './completion/cells';
import { FileHost, isFileWidget } from './completion/file';
import type { IEditorHost } from './completion/host';
import { NotebookHost } from './completion/notebook';
import { GhostTextProvider } from './completion/provider';
import { EditorWatcher } from './completion/watcher';
import { EngineModel } from './engine';
import { failureReporter } from './notify';
import { kernelComm } from './kernel/comm';
import { SnapshotCode } from './kernel/snapshot';
import { KernelState } from './kernel/state';
import { models } from './models/plugin';
import { COMPLETER_ID, CompletionSettings } from './settings';
import { StatusItem } from './status';
import { DOMAIN, ICatalogueModel, IEngineModel } from './tokens';

/** The name of JupyterLab's file editor among what opens documents. */
const FILE_EDITOR = 'Editor';

const status: JupyterFrontEndPlugin<IEngineModel> = {
  id: 'jupyter-sc2:status',
  description: 'Follows the StarCoder2 engine and shows it in the status bar.',
  autoStart: true,
  provides: IEngineModel,
  optional: [IStatusBar, ITranslator],
  activate: (app, bar: IStatusBar | null, translator: ITranslator | null) => {
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    const api = new Sc2Api(app.serviceManager.serverSettings);
    const model = new EngineModel(api, app.serviceManager);
    if (bar) {
      const item = new StatusItem(model, trans, () => {
        void app.commands.execute(CommandIDs.showStatus);
      });
      bar.registerStatusItem(status.id, { item, align: 'right', rank: 150 });
    }
    return model;
  }
};

const completer: JupyterFrontEndPlugin<void> = {
  id: COMPLETER_ID,
  description: 'Ghost text from StarCoder2 in notebooks and files.',
  autoStart: true,
  requires: [ICompletionProviderManager, INotebookTracker],
  optional: [IEngineModel, ISettingRegistry, ITranslator],
  activate: (
    app,
    manager: ICompletionProviderManager,
    tracker: INotebookTracker,
    engine: IEngineModel | null,
    registry: ISettingRegistry | null,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    const settings = new CompletionSettings(registry);
    const api = new Sc2Api(app.serviceManager.serverSettings);
    const code = new SnapshotCode(api);
    const provider = new GhostTextProvider({
      api,
      clientId: UUID.uuid4(),
      ledger: new CellLedger(),
      settings: () => settings.current,
      onBusy: seconds => engine?.hold(seconds),
      onFailure: failureReporter(trans, () => {
        void app.commands.execute(CommandIDs.showStatus);
      })
    });
    manager.registerInlineProvider(provider);
    const opened = new OpenNotebooks(tracker);
    const watch = (host: IEditorHost) =>
      new EditorWatcher(host, {
        session: provider.add(host),
        invoke: () => manager.inline?.invoke(host.widget.id),
        enabled: () => settings.current.enabled,
        debounce: () => settings.current.debounce
      });
    tracker.widgetAdded.connect((_, panel) => {
      const state = new KernelState(panel, {
        code: () => code.get(),
        enabled: () => settings.current.kernelSnapshot,
        onChange: () => watcher.refresh()
      });
      const host = new NotebookHost(panel, {
        settings: () => settings.current,
        state: () => state.current,
        beside: () => opened.beside(panel)
      });
      const watcher = watch(host);
      panel.disposed.connect(() => {
        watcher.dispose();
        state.dispose();
      });
    });
    app.docRegistry.addWidgetExtension(FILE_EDITOR, {
      createNew: widget =>
        isFileWidget(widget)
          ? watch(new FileHost(widget, () => settings.current))
          : undefined
    });
  }
};

const commands: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-sc2:commands',
  description: 'Commands for ghost text and for the state of the engine.',
  autoStart: true,
  requires: [ICompletionProviderManager, IEngineModel, INotebookTracker],
  optional: [ICatalogueModel, ICommandPalette, ISettingRegistry, ITranslator],
  activate: (
    app,
    manager: ICompletionProviderManager,
    engine: IEngineModel,
    tracker: INotebookTracker,
    catalogue: ICatalogueModel | null,
    palette: ICommandPalette | null,
    registry: ISettingRegistry | null,
    translator: ITranslator | null
  ) => {
    addCommands({
      app,
      catalogue,
      engine,
      manager,
      palette,
      settings: registry && new CompletionSettings(registry),
      tracker,
      trans: (translator ?? nullTranslator).load(DOMAIN)
    });
  }
};

export default [status, completer, commands, chat, kernelComm, models];
