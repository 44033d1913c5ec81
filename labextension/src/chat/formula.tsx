import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import React, { useEffect, useRef } from 'react';

/** What a typeset formula never holds; if it does, its source is shown. */
const UNWANTED = 'a, [href], [src], img, iframe, form, [onclick], [onload]';

/** One formula, typeset once the reply is complete; its source until then. */
export function Formula({
  source,
  display,
  typesetter
}: {
  source: string;
  display: boolean;
  typesetter: IRenderMime.ILatexTypesetter | null;
}): React.ReactElement {
  const ref = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    const node = ref.current;
    if (!node || !typesetter) {
      return;
    }
    // Apart from React, which must not see its text node replaced.
    const inner = document.createElement('span');
    inner.textContent = source;
    node.replaceChildren(inner);
    const check = () => {
      if (inner.querySelector(UNWANTED)) {
        inner.textContent = source;
      }
    };
    void Promise.resolve(typesetter.typeset(inner)).then(check, check);
  }, [source, typesetter]);
  // A new key, as React does not know what the effect has put there.
  return (
    <span
      key={typesetter ? 'typeset' : 'source'}
      ref={ref}
      className={display ? 'jp-sc2-chat-display-math' : 'jp-sc2-chat-math'}
    >
      {typesetter ? null : source}
    </span>
  );
}
