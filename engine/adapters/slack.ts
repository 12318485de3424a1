import { EngineError } from "../core/errors.ts";

/** Posts messages to Slack channels. */
export interface SlackClient {
  /** Throws `config` where Slack refuses the message, with Slack's word for why; retryable where it cannot be reached. */
  post(message: SlackMessage): Promise<void>;
}

export interface SlackMessage {
  /** `#production_discussion` */
  readonly channel: string;
  readonly text: string;
  readonly token: string;
  readonly signal: AbortSignal;
}

const SLACK_API = "https://slack.com/api";

/** Slack's Web API, method `chat.postMessage`. */
export function slackClient(api: string = SLACK_API): SlackClient {
  return {
    async post({ channel, text, token, signal }) {
      const answer = await fetch(`${api}/chat.postMessage`, {
        method: "POST",
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json; charset=utf-8" },
        body: JSON.stringify({ channel, text }),
        signal,
      }).catch((error: unknown) => {
        signal.throwIfAborted();
        throw new EngineError("config", `Slack cannot be reached at ${api}`, { cause: error, retryable: true });
      });
      const body = (await answer.json().catch(() => ({}))) as { ok?: boolean; error?: string };
      if (body.ok === true) return;
      throw new EngineError(
        "config",
        `Slack refused the message to ${channel}: ${body.error ?? `HTTP ${answer.status}`}`,
        {
          retryable: answer.status === 429 || answer.status >= 500,
        },
      );
    },
  };
}
