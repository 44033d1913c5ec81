import React from 'react';
import type { ICatalogue } from './messages';
import { Action, Buttons, Problem, type IServices } from './parts';
import { Progress } from './progress';

const PLACE = 'elsewhere';
const HUB_ID = /^[\w.-]+\/[\w.-]+$/;

/** Weights that are not in the list: of the Hub, or a folder. */
export function Elsewhere({
  catalogue,
  services
}: {
  catalogue: ICatalogue;
  services: IServices;
}): React.ReactElement {
  const { acts, model, trans } = services;
  const [text, setText] = React.useState('');
  const id = React.useId();
  const weights = text.trim();
  const isHub = HUB_ID.test(weights);
  const known = model.entry(weights);
  const off = model.busy(PLACE) || model.away || !weights;
  const unlisted = catalogue.downloads.filter(
    each => !model.entry(each.weights)
  );
  return (
    <section aria-labelledby={id}>
      <h2 id={id}>{trans.__('Other weights')}</h2>
      <p>
        {trans.__(
          'Any StarCoder2 checkpoint: an id of the Hugging Face Hub, or a folder on the server with config.json, tokenizer.json and safetensors files. Other files are never opened.'
        )}
      </p>
      <form
        className="jp-sc2-models-form"
        onSubmit={event => {
          event.preventDefault();
          if (off) {
            return;
          }
          void (isHub && known?.presence !== 'complete'
            ? acts.download(weights, PLACE)
            : acts.use(weights, PLACE));
        }}
      >
        <input
          type="text"
          className="jp-mod-styled"
          aria-label={trans.__('Hub id or folder')}
          placeholder={trans.__('organisation/name or /path/to/folder')}
          value={text}
          maxLength={4096}
          spellCheck={false}
          onChange={({ target }) => setText(target.value)}
        />
        <button
          type="submit"
          className="jp-Button jp-mod-styled jp-mod-accept jp-sc2-models-action"
          aria-disabled={off}
        >
          {isHub && known?.presence !== 'complete'
            ? trans.__('Download')
            : trans.__('Use for…')}
        </button>
      </form>
      <Problem place={PLACE} services={services} />
      {unlisted.map(download => (
        <div key={download.weights} className="jp-sc2-models-unlisted">
          <p>{download.weights}</p>
          <Progress
            download={download}
            title={download.weights}
            services={services}
          />
          <Buttons label={trans.__('Actions for %1', download.weights)}>
            {download.state === 'paused' || download.state === 'failed' ? (
              <Action
                label={trans.__('Resume')}
                onClick={() => void acts.download(download.weights, PLACE)}
              />
            ) : (
              <Action
                label={trans.__('Pause')}
                onClick={() => void acts.act('pause', download.weights, PLACE)}
              />
            )}
            <Action
              label={trans.__('Cancel')}
              onClick={() => void acts.cancel(download.weights)}
            />
          </Buttons>
        </div>
      ))}
    </section>
  );
}
