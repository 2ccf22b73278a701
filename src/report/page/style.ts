import { TRANSPORT_NAMES } from "../../core/transport-name.ts";
import { declarations } from "./palette.ts";

/** Light, dark where the system is, and either where the reader chose it. */
const SCHEMES = `
:root{${declarations("light")}}
@media (prefers-color-scheme:dark){:root:not([data-theme=light]){${declarations("dark")}}}
:root[data-theme=dark]{${declarations("dark")}}`;

const TEXT = `
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;scroll-padding-top:64px}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 Inter,ui-sans-serif,system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;font-variant-numeric:tabular-nums}
main,header,footer{max-width:1160px;margin:0 auto;padding:0 24px}
a{color:inherit;text-underline-offset:3px;text-decoration-thickness:1px}
a:hover{color:var(--link)}
h1,h2,h3,p,figure{margin:0}
h2{font-size:28px;line-height:1.2;letter-spacing:-.02em;margin-top:56px;padding-bottom:12px;border-bottom:1px solid var(--rule)}
h3{font-size:19px;line-height:1.3;letter-spacing:-.01em;text-wrap:balance;overflow-wrap:break-word}
code{font:.92em ui-monospace,SFMono-Regular,Menlo,monospace;overflow-wrap:anywhere}
.small{font-size:14px;color:var(--mute)}
.after{margin-top:20px}
.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.skip:not(:focus){position:absolute;left:-999px}
:focus-visible{outline:2px solid var(--link);outline-offset:2px;border-radius:4px}
button{font:inherit;color:inherit;background:none;border:1px solid var(--rule);border-radius:999px;cursor:pointer}
svg{display:block}
.p text{white-space:pre}
.p svg{overflow:visible;max-width:100%;font-size:12px}
.narrow svg{font-size:11px}
.lost{color:var(--lost);font-weight:600}
.good{color:var(--good)}`;

const FIRST_SCREEN = `
header{display:flex;gap:16px;align-items:center;padding-top:14px;font-size:14px;color:var(--mute)}
header b{color:var(--ink)}
header span{margin-left:auto}
header button{width:32px;height:32px;border-radius:8px;padding:0}
.first{display:grid;grid-template-columns:minmax(0,1fr) 473px;gap:0 54px;padding-top:30px}
.question{color:var(--mute);font-size:17px}
h1{font-size:84px;line-height:1.12;letter-spacing:-.045em;font-weight:700;margin-left:-4px}
.why{font-size:18px;max-width:620px;text-wrap:pretty;margin-top:10px}
.rough{margin-top:8px}
.else{font-size:15px;line-height:1.35}
.else p{font-size:13px;color:var(--mute);padding-bottom:4px}
.else dl{margin:0}
.else div{display:grid;grid-template-columns:104px 1fr;border-top:1px solid var(--rule);padding:7px 0 8px}
.else dt{font-weight:600}
.else dd{margin:0}
.else small{display:block;font-size:13px;color:var(--mute)}
.name{white-space:nowrap;font-weight:600}
.name svg{display:inline-block;vertical-align:-1px;margin-right:9px}`;

const TABLES = `
table{border-collapse:collapse;width:100%;font-size:14px}
caption{text-align:left;color:var(--mute);padding:0 0 8px;font-size:13px}
th{text-align:left;font-weight:600;vertical-align:bottom;border-bottom:1px solid var(--ink);padding:6px 8px}
th small{display:block;font-weight:400;font-size:12px;color:var(--mute)}
th button{border:0;border-radius:4px;padding:0;font-weight:600;text-align:inherit}
th button::after{content:"\\2195";color:var(--mute);opacity:.7;margin-left:5px}
th[aria-sort=ascending] button::after{content:"\\2191";opacity:1}
th[aria-sort=descending] button::after{content:"\\2193";opacity:1}
td,tbody th{border-bottom:1px solid var(--rule);padding:9px 8px;vertical-align:middle}
tbody th{font-weight:600}
.r{text-align:right}
.numbers{margin-top:14px;font-size:14px}
.numbers summary{color:var(--mute);cursor:pointer;padding:4px 0;width:max-content}
.scroll{overflow-x:auto}
.numbers td,.numbers th{padding:5px 10px 5px 0;font-size:13px;white-space:nowrap}
.numbers p{font-size:13px;color:var(--mute);padding-top:6px}
.main{margin-top:26px;font-size:15px}
.main caption{padding:0 10px 6px}
.main th,.main td{padding:10px 10px}
.main tbody th{font-size:17px}
.main tbody tr:first-child>*{background:var(--best)}
.main td svg{display:inline-block;vertical-align:middle;margin-right:10px}
.main td small{display:block;font-size:12px;color:var(--mute)}
.main td b{font-weight:400}
.main td b.lost,.main td .lost{font-weight:600}
.nowrap{white-space:nowrap}`;

const FIGURES = `
.bar{position:sticky;top:0;z-index:2;background:var(--paper);display:flex;gap:8px;align-items:center;padding:12px 0;margin-top:14px;border-bottom:1px solid var(--rule);font-size:14px;color:var(--mute)}
.bar button{padding:4px 13px;color:var(--ink);white-space:nowrap}
.bar button svg{display:inline-block;margin-right:7px;vertical-align:-1px}
.bar button[aria-pressed=true]{border-color:var(--ink);background:var(--empty)}
.bar span{margin-left:auto;font-size:12px}
figure{display:grid;grid-template-columns:300px minmax(0,1fr);gap:0 40px;padding:28px 0;border-bottom:1px solid var(--rule)}
figure:last-child{border-bottom:0}
figcaption>*+*{margin-top:8px}
figcaption p{font-size:14px}
.no{font-size:13px;color:var(--mute);text-decoration:none}
.plot{min-width:0}
.p{font-size:12px;color:var(--mute)}
.narrow{display:none}
.keys{display:flex;flex-wrap:wrap;gap:4px 18px;list-style:none;padding:0;margin:12px 0 0;font-size:13px;color:var(--mute)}
.keys svg{display:inline-block;margin-right:6px;vertical-align:-1px}
.blank{color:var(--mute);font-size:15px;border-left:3px solid var(--rule);padding:4px 0 4px 14px;align-self:start}
.slider{border:1px solid var(--rule);border-radius:10px;padding:10px 14px;margin-top:12px;font-size:14px}
.slider label{display:flex;gap:14px;align-items:center}
.slider input{flex:1;min-width:0;accent-color:var(--ink)}
.slider ul{margin-top:6px}
.slider output{color:var(--ink)}
[hidden]{display:none!important}
.s{transition:opacity .15s}
${TRANSPORT_NAMES.map((name) => `[data-focus=${name}] .s:not(.t-${name})`).join(",")}{opacity:.12}
${TRANSPORT_NAMES.map((name) => `.c-${name}{color:var(--${name})}`).join("")}`;

const MACHINE = `
.facts{columns:2;column-gap:40px;margin:0;padding-top:8px;font-size:14px}
.facts div{display:flex;justify-content:space-between;gap:16px;border-bottom:1px solid var(--rule);padding:7px 0;break-inside:avoid}
.facts dt{color:var(--mute)}
.facts dd{margin:0;text-align:right;overflow-wrap:anywhere}
footer{padding-top:32px;padding-bottom:48px;font-size:13px;color:var(--mute)}
.claims .numbers td{white-space:normal;min-width:110px}
.claims td small{color:var(--mute);margin-left:6px}
.missing{font-size:14px;columns:2;column-gap:40px;padding-left:18px;color:var(--mute)}`;

const PHONE = `
@media (max-width:1100px){.first{grid-template-columns:1fr;gap:26px}.bar span{display:none}}
@media (max-width:820px){
figure{grid-template-columns:1fr;gap:16px}
.facts,.missing{columns:1}
.bar{overflow-x:auto}
}
@media (max-width:820px){
main,header,footer{padding-left:16px;padding-right:16px}
header{flex-wrap:wrap;gap:4px 12px}
header span{order:3;margin:0;width:100%}
header button{margin-left:auto}
h1{font-size:44px;margin-left:-2px}
.main caption{padding-left:0}
.main,.main caption,.main tbody,.main tr,.main td,.main tbody th{display:block}
.main thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.main tr{border-bottom:1px solid var(--rule);padding:10px;position:relative}
.main tbody tr:first-child>*{background:none}
.main tbody tr:first-child{background:var(--best)}
.main td,.main tbody th{border:0;padding:3px 0;text-align:left}
.main td{display:grid;grid-template-columns:84px minmax(0,1fr) auto;align-items:center;gap:8px}
.main td::before{content:attr(data-l);font-size:13px;color:var(--mute)}
.main td svg{margin:0;max-width:100%}
.main td small{font-size:13px;text-align:right}
.main td b{font-weight:400;grid-column:3;text-align:right}
.main td b.lost{font-weight:600}
}
@media (max-width:600px){.wide{display:none}.narrow{display:block}}`;

const OTHERS = `
@media (prefers-reduced-motion:reduce){.s{transition:none}}
@media (forced-colors:active){.p svg,.keys svg,.name svg{forced-color-adjust:none}}
@media print{.bar,.slider,header button{display:none}figure{break-inside:avoid}}`;

/** The page's one style sheet. */
export const STYLE: string = [SCHEMES, TEXT, FIRST_SCREEN, TABLES, FIGURES, MACHINE, PHONE, OTHERS].join("").trim();
