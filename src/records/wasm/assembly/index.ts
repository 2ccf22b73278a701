export { checkJson } from "./json-lines";
export { checkPlain } from "./plain-lines";
