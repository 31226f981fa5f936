// Chinese typography of pasted words: full-width marks between Chinese characters, letter-spaced text closed up.
// Only what is certain is changed; beside digits and Latin letters everything stays, as in articles/text.py.
const HAN = "\\u3400-\\u4dbf\\u4e00-\\u9fff\\uf900-\\ufaff\\u{20000}-\\u{3ffff}";
const SIDE = `[${HAN}。，、：；？！（）「」『』《》〈〉【】〔〕“”‘’…—]`; // what counts as Chinese beside a mark
const GAP = "[ \\u00a0\\u3000]+";
const LONE = `(?:[${HAN}，。、；：？！（）《》“”,;:?!()%]|(?<!\\d)\\d)(?![${HAN}\\d])`;
const SPACED = new RegExp(`(?<![${HAN}])[${HAN}](?:${GAP}${LONE}){2,}(?:${GAP}(?=[${HAN}]))?`, "gu");
const MARKS = new RegExp(`(?<=${SIDE}) *([,:;?!]+|\\.(?!\\.)) *(?=${SIDE}|\\s*$)`, "gmu");
const NUMBER = /^[\s（(]*第?[一二三四五六七八九十百]+$/u; // in front of a full stop: the number of a section
const ONE_SIDE = new RegExp(SIDE, "u");
const ONE_HAN = new RegExp(`[${HAN}]`, "gu");
const FULL_WIDTH = { ",": "，", ":": "：", ";": "；", "?": "？", "!": "！", ".": "。" };

const IS_HAN = new RegExp(`^[${HAN}]$`, "u");

export const isHan = (char) => IS_HAN.test(char);

// The changes that `text` (lines parted by \n) needs between `from` and `to`: edits {from, to, now}, in order, none of them
// empty before or after; and how many marks were widened and how many stretches closed up.
export function mend(text, from = 0, to = text.length) {
  const now = text.split("");
  const inside = (start, end) => start >= from && end <= to;
  const stretches = closeUp(text, now, inside);
  const marks = widen(now, inside);
  return { edits: edits(text, now), marks, stretches };
}

function closeUp(text, now, inside) {
  let stretches = 0;
  for (const found of text.matchAll(SPACED)) {
    if (found[0].match(ONE_HAN).length < 3 || !inside(found.index, found.index + found[0].length)) continue;
    stretches += 1;
    for (const gap of found[0].matchAll(/[ \u00a0\u3000]+/g)) now.fill("", found.index + gap.index, found.index + gap.index + gap[0].length);
  }
  return stretches;
}

function widen(now, inside) {
  const place = now.flatMap((unit, at) => (unit ? [at] : [])); // for each unit of the closed text where it stands in `now`
  const chars = place.map((at) => now[at]);
  let marks = widenBrackets(chars, (start, end) => inside(place[start], place[end] + 1));
  const bracketed = chars.join("");
  for (const found of bracketed.matchAll(MARKS)) {
    const line = bracketed.slice(bracketed.lastIndexOf("\n", found.index) + 1, found.index);
    if ((found[1] === "." && NUMBER.test(line)) || !inside(place[found.index], place[found.index + found[0].length - 1] + 1)) continue;
    for (let at = found.index; at < found.index + found[0].length; at++) chars[at] = FULL_WIDTH[bracketed[at]] ?? "";
    marks += found[1].length;
  }
  place.forEach((at, index) => { now[at] = chars[index]; });
  return marks;
}

// One of the two between Chinese characters decides for both: a pair of unequal width is worse than either.
function widenBrackets(chars, inside) {
  const between = (at) => Boolean(chars[at - 1] && chars[at + 1] && ONE_SIDE.test(chars[at - 1]) && ONE_SIDE.test(chars[at + 1]));
  let opened = [];
  let changed = 0;
  chars.forEach((char, at) => {
    if (char === "\n") opened = [];
    else if (char === "(" || char === "（") opened.push(at);
    else if ((char === ")" || char === "）") && opened.length) {
      const start = opened.pop();
      if ((chars[start] === "(" && char === ")" && !between(start) && !between(at)) || !inside(start, at)) return;
      changed += (chars[start] === "(") + (char === ")");
      [chars[start], chars[at]] = ["（", "）"];
    }
  });
  return changed;
}

// Neighbouring changes as one. One that only takes away holds its neighbour too, so that it can be found again and taken back.
function edits(text, now) {
  const found = [];
  for (let from = 0; from < text.length; from++) {
    if (now[from] === text[from]) continue;
    let to = from;
    while (to < text.length && now[to] !== text[to]) to += 1;
    const gone = !now.slice(from, to).join("");
    const start = gone ? from - (/[\udc00-\udfff]/.test(text[from - 1]) ? 2 : 1) : from;
    found.push({ from: start, to, now: now.slice(start, to).join("") });
    from = to;
  }
  return found;
}
