function f(e,r){if(e===r)return!0;if(typeof e!="object"||typeof r!="object"||e===null||r===null||Array.isArray(e)!==Array.isArray(r))return!1;let s=Object.keys(e);return s.length!==Object.keys(r).length?!1:s.every(t=>Object.hasOwn(r,t)&&f(e[t],r[t]))}export{f as a};
//# sourceMappingURL=chunk-SI5YYGJN.js.map
