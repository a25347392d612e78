extension Page {
    /// How the page looks: light or dark as the reader's system is, on narrow screens too.
    static let style = """
        :root {
          --paper: #faf9f7; --card: #ffffff; --ink: #1c1d21; --soft: #5d6169; --line: #e3e1dc; --track: #ecebe7;
          --accent: #3565c9; --accent-soft: #9db7ea; --people: #c96a12; --good: #1f7a4d; --bad: #b3382c;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --paper: #14161a; --card: #1c1f25; --ink: #e9e9ec; --soft: #a0a4ad; --line: #30343c; --track: #2a2e36;
            --accent: #7ea4f5; --accent-soft: #40598f; --people: #eea05a; --good: #62c894; --bad: #f08a7d;
          }
        }
        * { box-sizing: border-box; }
        body {
          margin: 0; background: var(--paper); color: var(--ink);
          font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
        }
        main { max-width: 1120px; margin: 0 auto; padding: 40px 20px 80px; }
        h1 { font-size: clamp(1.7rem, 4vw, 2.6rem); line-height: 1.15; letter-spacing: -0.02em; margin: 0 0 12px; }
        h2 { font-size: 1.35rem; letter-spacing: -0.01em; margin: 0 0 6px; }
        h3 { font-size: 1.05rem; margin: 0 0 4px; overflow-wrap: anywhere; }
        h3 small { font-weight: 400; color: var(--soft); }
        section { margin-top: 56px; }
        .kicker { margin: 0 0 8px; color: var(--soft); }
        .lead { font-size: 1.1rem; max-width: 46em; margin: 0; }
        .note { color: var(--soft); margin: 0 0 16px; max-width: 52em; font-size: 0.93rem; }
        small { font-size: 0.8rem; color: var(--soft); }
        code { font: 0.85em ui-monospace, "SF Mono", Menlo, Consolas, monospace; overflow-wrap: anywhere; }
        .bars { display: grid; gap: 10px; }
        .bar {
          display: grid; grid-template-columns: minmax(9em, 14em) 1fr 17.5em; gap: 4px 16px; align-items: center;
        }
        .bar .name { overflow-wrap: anywhere; text-align: right; }
        .bar .figure { font-variant-numeric: tabular-nums; white-space: nowrap; }
        .track { position: relative; display: block; height: 24px; background: var(--track); border-radius: 4px; }
        .track i { position: absolute; display: block; }
        .fill { left: 0; top: 0; bottom: 0; background: var(--accent-soft); border-radius: 4px; }
        .chance { top: -4px; bottom: -4px; border-left: 1.5px dashed var(--soft); }
        i.whisker { top: 11px; height: 2px; background: var(--accent); }
        i.whisker::before, i.whisker::after {
          content: ""; position: absolute; top: -5px; height: 12px; border-left: 2px solid var(--accent);
        }
        i.whisker::before { left: 0; } i.whisker::after { right: 0; }
        .card { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 16px 18px; min-width: 0; }
        .cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 480px), 1fr)); gap: 16px; }
        .charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(200px, 1fr)); gap: 8px; }
        figure { margin: 0; min-width: 0; }
        .charts figure { max-width: 340px; }
        .charts.wide { grid-template-columns: repeat(auto-fit, minmax(min(100%, 420px), 1fr)); gap: 16px; }
        .charts.wide figure { max-width: none; }
        .bars + h3 { margin-top: 28px; }
        figcaption { font-size: 0.8rem; color: var(--soft); text-align: center; }
        svg { display: block; width: 100%; height: auto; }
        svg text { font-size: 10.5px; fill: var(--soft); }
        .grid { stroke: var(--line); } .dash { stroke: var(--soft); stroke-dasharray: 3 3; }
        svg .whisker { stroke: var(--accent); stroke-width: 2; }
        .dot { fill: var(--accent); }
        .path { fill: none; stroke: var(--accent); stroke-width: 1.5; stroke-opacity: 0.45; }
        .curve { fill: none; stroke: var(--accent); stroke-width: 2; }
        .ring { fill: var(--card); stroke: var(--people); stroke-width: 2.5; }
        .path.held { stroke: var(--people); stroke-opacity: 1; stroke-width: 2; } .dot.held { fill: var(--people); }
        .frame { fill: none; stroke: var(--line); }
        .area { stroke-width: 1.2; fill-opacity: 0.28; }
        .area.unrelated { fill: var(--soft); stroke: var(--soft); }
        .area.related { fill: var(--accent); stroke: var(--accent); }
        .key { white-space: nowrap; }
        .key::before {
          content: ""; display: inline-block; width: 9px; height: 9px; border-radius: 2px; margin: 0 4px 0 6px;
          background: var(--soft); opacity: 0.7;
        }
        .key.related::before { background: var(--accent); } .key.held::before { background: var(--people); opacity: 1; }
        dl { margin: 12px 0 0; font-size: 0.88rem; display: grid; gap: 4px; }
        dl div { display: grid; grid-template-columns: 9em 1fr; gap: 10px; }
        dt { color: var(--soft); } dd { margin: 0; min-width: 0; overflow-wrap: anywhere; }
        .scroll { overflow-x: auto; margin-top: 12px; }
        table { border-collapse: collapse; font-size: 0.88rem; font-variant-numeric: tabular-nums; }
        th, td { padding: 6px 10px; text-align: right; border-bottom: 1px solid var(--line); vertical-align: top; }
        th { font-weight: 500; color: var(--soft); text-align: left; }
        thead th { text-align: right; vertical-align: bottom; }
        td small { display: block; white-space: nowrap; }
        table.plain td, table.plain th { text-align: left; }
        .matrix td { white-space: nowrap; background: color-mix(in srgb, var(--accent) var(--share, 0%), transparent); }
        .matrix td.self { background: repeating-linear-gradient(45deg, transparent 0 5px, var(--line) 5px 6px); }
        .matrix td small { color: inherit; opacity: 0.8; } .matrix small.sure { font-weight: 700; opacity: 1; }
        .disputes { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 480px), 1fr)); gap: 16px; }
        .images { display: grid; grid-template-columns: repeat(auto-fit, minmax(0, 1fr)); grid-auto-flow: column; gap: 8px; }
        .images img { display: block; width: 100%; aspect-ratio: 1; object-fit: contain; border-radius: 6px; background: var(--track); }
        .missing { display: grid; place-items: center; aspect-ratio: 1; background: var(--track); color: var(--soft); border-radius: 6px; font-size: 0.8rem; }
        .chips { display: flex; flex-wrap: wrap; gap: 4px; justify-content: center; margin-top: 4px; }
        .chip { font-size: 0.72rem; padding: 0 7px; border-radius: 9px; border: 1px solid var(--line); color: var(--soft); overflow-wrap: anywhere; }
        .chip.people { background: var(--people); border-color: var(--people); color: var(--card); font-weight: 600; }
        p.people { color: var(--people); margin: 10px 0 0; font-size: 0.9rem; }
        .values { width: 100%; } .values td, .values th { padding: 3px 8px; }
        .chosen { font-weight: 700; } .good { color: var(--good); } .bad { color: var(--bad); }
        details { margin-top: 16px; font-size: 0.88rem; } summary { cursor: pointer; }
        li { overflow-wrap: anywhere; }
        @media (max-width: 760px) {
          main { padding: 24px 14px 60px; }
          .bar { grid-template-columns: 1fr; gap: 2px; } .bar .name { text-align: left; font-weight: 500; }
          .bar + .bar { margin-top: 6px; }
          dl div { grid-template-columns: 1fr; gap: 0; }
        }
        @media print { .card { break-inside: avoid; } }
        """
}
