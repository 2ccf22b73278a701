export { checkJson } from "./json-lines";
export { checkPlain } from "./plain-lines";
export { outputEnd } from "./output";
export { stampJson } from "./stamp";
