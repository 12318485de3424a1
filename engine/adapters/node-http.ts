/**
 * Node's own modules, not imported: an import reads every export once, and among those of `node:http` are the web's
 * sockets, whose reading loads all of Node's fetch, 11 MB that nothing here uses.
 */
export const http = process.getBuiltinModule("node:http");
export const https = process.getBuiltinModule("node:https");
