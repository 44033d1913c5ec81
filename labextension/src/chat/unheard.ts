import { UUID } from '@lumino/coreutils';
import { Sc2Error } from '../api';
import type { IMessage, IPiece } from '../messages';

/** What was said here and could not be confirmed by the server. */
export function unheard(
  text: string,
  context: IPiece[],
  reply: string
): IMessage[] {
  const of = (
    role: IMessage['role'],
    text: string,
    context: IPiece[]
  ): IMessage => ({
    id: UUID.uuid4(),
    role,
    text,
    context,
    time: '',
    finish: null,
    error: '',
    truncated: false,
    in_reply_to: null,
    provenance: null
  });
  const question = of('user', text, context);
  return reply ? [question, of('assistant', reply, [])] : [question];
}

/** An error as the user reads it. */
export function sentence(error: unknown): string {
  if (error instanceof Sc2Error) {
    return [error.message, error.hint].filter(Boolean).join(' ');
  }
  return error instanceof Error ? error.message : String(error);
}

/** Whether the server has kept this question as one of the last. */
export function heard(messages: readonly IMessage[], text: string): boolean {
  return messages
    .slice(-2)
    .some(({ role, text: said }) => role === 'user' && said === text);
}

/** An answer; null where another page has deleted what was asked for. */
export async function unlessMissing<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Sc2Error && error.code === 'not_found') {
      return null;
    }
    throw error;
  }
}
