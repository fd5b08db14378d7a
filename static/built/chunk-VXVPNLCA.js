var t={now:()=>Date.now(),elapsed:()=>performance.now(),set:(e,o)=>setTimeout(e,o),clear:e=>clearTimeout(e)};export{t as a};
//# sourceMappingURL=chunk-VXVPNLCA.js.map
