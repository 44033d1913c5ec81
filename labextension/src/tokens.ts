import { Token } from '@lumino/coreutils';
import type { EngineModel } from './engine';

/** What the engine is doing, kept current through Jupyter's event bus. */
export type IEngineModel = EngineModel;

export const IEngineModel = new Token<IEngineModel>(
  'jupyter-sc2:IEngineModel',
  'The state of the StarCoder2 engine.'
);
