/** The project whose page this is: `/p/<project>/…` in the address bar, else the first. */
const project = /^\/p\/[^/]+/.exec(location.pathname)?.[0] ?? "";
export const apiRoot = `${project}/api`;

/** What the server refused, in its words. */
export class Refused extends Error {
  /**
   * @param {number} status
   * @param {string} message
   */
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/**
 * @template T
 * @param {string} path after `/api`
 * @returns {Promise<T>}
 */
export async function get(path) {
  return /** @type {T} */ (await call("GET", path));
}

/**
 * @template T
 * @param {string} path
 * @param {unknown} [body]
 * @returns {Promise<T>}
 */
export async function post(path, body = {}) {
  return /** @type {T} */ (await call("POST", path, body));
}

/**
 * @param {string} method
 * @param {string} path
 * @param {unknown} [body]
 * @returns {Promise<unknown>}
 */
async function call(method, path, body) {
  const response = await fetch(`${apiRoot}${path}`, {
    method,
    headers: body === undefined ? {} : { "Content-Type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (response.status === 401) {
    location.replace("/login");
    throw new Refused(401, "not logged in");
  }
  const answer = /** @type {{ error?: { message?: string } }} */ (await response.json());
  if (!response.ok) throw new Refused(response.status, answer.error?.message ?? `it answered ${response.status}`);
  return answer;
}
