export { checkJson } from "./json-lines";
export { checkNone, checkShape } from "./plain-lines";
