/** A Docker engine, alone or in a Swarm, reached directly or through Portainer. */
export interface ContainerHost {
  /** Where it is, for people. Never holds a secret. */
  readonly description: string;
  /** Resolves when it answers; throws `config` with what is wrong. */
  ping(signal?: AbortSignal): Promise<void>;
}
