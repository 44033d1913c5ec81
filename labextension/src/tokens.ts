import { Token } from '@lumino/coreutils';
import type { EngineModel } from './engine';
import type { CatalogueModel } from './models/catalogue';

/** Of our translations. */
export const DOMAIN = 'jupyter_sc2';

/** What the engine is doing, kept current through Jupyter's event bus. */
export type IEngineModel = EngineModel;

export const IEngineModel = new Token<IEngineModel>(
  'jupyter-sc2:IEngineModel',
  'The state of the StarCoder2 engine.'
);

/** Which weights there are, and what can be done with them. */
export type ICatalogueModel = CatalogueModel;

export const ICatalogueModel = new Token<ICatalogueModel>(
  'jupyter-sc2:ICatalogueModel',
  'The catalogue of StarCoder2 weights.'
);
