import { ILayoutRestorer } from '@jupyterlab/application';
import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import {
  ICommandPalette,
  MainAreaWidget,
  WidgetTracker
} from '@jupyterlab/apputils';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { Sc2Api } from '../api';
import { CommandIDs } from '../commands';
import { sc2Icon } from '../icon';
import { DOMAIN, ICatalogueModel, IEngineModel } from '../tokens';
import { CatalogueModel } from './catalogue';
import { ModelsPanel } from './panel';

const NAME = 'jupyter-sc2-models';

export const models: JupyterFrontEndPlugin<ICatalogueModel> = {
  id: 'jupyter-sc2:models',
  description: 'A panel to choose, download and load StarCoder2 weights.',
  autoStart: true,
  provides: ICatalogueModel,
  requires: [IEngineModel],
  optional: [ICommandPalette, ILayoutRestorer, ITranslator],
  activate: (
    app,
    engine: IEngineModel,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load(DOMAIN);
    const api = new Sc2Api(app.serviceManager.serverSettings);
    const model = new CatalogueModel(api, engine, app.serviceManager);
    const tracker = new WidgetTracker<MainAreaWidget<ModelsPanel>>({
      namespace: NAME
    });
    const create = () => {
      const content = new ModelsPanel(model, trans);
      const widget = new MainAreaWidget({ content });
      widget.id = NAME;
      widget.toolbar.hide();
      void tracker.add(widget);
      return widget;
    };
    app.commands.addCommand(CommandIDs.models, {
      label: trans.__('StarCoder2: Choose weights'),
      caption: trans.__('Download, load and choose StarCoder2 weights'),
      icon: sc2Icon,
      execute: () => {
        const widget = tracker.currentWidget ?? create();
        if (!widget.isAttached) {
          app.shell.add(widget, 'main', { type: 'StarCoder2 models' });
        }
        app.shell.activateById(widget.id);
      },
      describedBy: { args: { type: 'object', properties: {} } }
    });
    palette?.addItem({
      command: CommandIDs.models,
      category: trans.__('StarCoder2')
    });
    void restorer?.restore(tracker, {
      command: CommandIDs.models,
      name: () => NAME
    });
    return model;
  }
};
