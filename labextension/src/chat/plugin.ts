import { ILayoutRestorer } from '@jupyterlab/application';
import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { IEditorLanguageRegistry } from '@jupyterlab/codemirror';
import { INotebookTracker } from '@jupyterlab/notebook';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { UUID } from '@lumino/coreutils';
import { Sc2Api } from '../api';
import { CommandIDs } from '../commands';
import { sc2Icon } from '../icon';
import { DOMAIN, IEngineModel } from '../tokens';
import { ChatContext } from './context';
import { CellInserter } from './insert';
import type { IChatSettings } from './model';
import { ChatModel } from './model';
import { ChatPanel } from './panel';

const CHAT_ID = 'jupyter-sc2:chat';
const FOCUS = 'jupyter-sc2:focus-chat';

const DEFAULTS: IChatSettings = { maxNewTokens: 256, temperature: 0 };

export const chat: JupyterFrontEndPlugin<void> = {
  id: CHAT_ID,
  description: 'A sidebar for talking with StarCoder2 about a notebook.',
  autoStart: true,
  requires: [INotebookTracker],
  optional: [
    ICommandPalette,
    IEditorLanguageRegistry,
    IEngineModel,
    ILayoutRestorer,
    IRenderMimeRegistry,
    ISettingRegistry,
    ITranslator
  ],
  activate: (
    app,
    tracker: INotebookTracker,
    palette: ICommandPalette | null,
    languages: IEditorLanguageRegistry | null,
    engine: IEngineModel | null,
    restorer: ILayoutRestorer | null,
    rendermime: IRenderMimeRegistry | null,
    registry: ISettingRegistry | null,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    let settings = DEFAULTS;
    void registry?.load(CHAT_ID).then(loaded => {
      const update = () => {
        settings = {
          ...DEFAULTS,
          ...(loaded.composite as Partial<IChatSettings>)
        };
      };
      loaded.changed.connect(update);
      update();
    });
    const model = new ChatModel({
      api: new Sc2Api(app.serviceManager.serverSettings),
      clientId: UUID.uuid4(),
      context: new ChatContext(tracker, trans),
      settings: () => settings,
      tracker
    });
    engine?.rolesChanged.connect(() => model.forgetWeights());
    const services = {
      languages,
      typesetter: rendermime?.latexTypesetter ?? null,
      inserter: new CellInserter(tracker, trans),
      trans,
      provenance: null
    };
    const panel = new ChatPanel(model, services, () => {
      void app.commands.execute(CommandIDs.models);
    });
    app.shell.add(panel, 'right', { rank: 900, type: 'Chat' });
    restorer?.add(panel, panel.id);

    app.commands.addCommand(FOCUS, {
      label: trans.__('StarCoder2: Open the chat'),
      caption: trans.__('Show the chat sidebar and write a question'),
      icon: sc2Icon,
      execute: () => app.shell.activateById(panel.id),
      describedBy: { args: { type: 'object', properties: {} } }
    });
    palette?.addItem({ command: FOCUS, category: trans.__('StarCoder2') });
  }
};
