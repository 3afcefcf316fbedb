// Counts the parts of a text as messaging.segments does; one table tests both.
"use strict";
(function () {
  const BASIC =
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
  const EXTENDED = "\f^{}\\[~]|€";
  const SIZES = new Map([
    ...[...BASIC].map((character) => [character, 1]),
    ...[...EXTENDED].map((character) => [character, 2]),
  ]);

  function measure(text) {
    const characters = [...text];
    if (characters.every((character) => SIZES.has(character))) {
      const sizes = characters.map((character) => SIZES.get(character));
      return measured("GSM-7", sizes, 160, 153);
    }
    return measured("UCS-2", characters.map((character) => character.length), 70, 67);
  }

  function measured(encoding, sizes, single, part) {
    const total = sizes.reduce((sum, size) => sum + size, 0);
    const count = total > 0 && total <= single ? 1 : packed(sizes, part);
    return { encoding, count, characters: total };
  }

  // What a person wants to know while writing: how much fits still, and what made it Unicode.
  function explain(text) {
    const { encoding, count, characters } = measure(text);
    const isUnicode = encoding === "UCS-2";
    const [single, part] = isUnicode ? [70, 67] : [160, 153];
    const strangers = isUnicode
      ? [...new Set([...text].filter((character) => !SIZES.has(character)))]
      : [];
    const room = count > 1 ? lastRoom(text, isUnicode, part) : single - characters;
    return { encoding, count, characters, room, strangers };
  }

  function lastRoom(text, isUnicode, part) {
    let room = 0;
    for (const character of text) {
      const size = isUnicode ? character.length : SIZES.get(character);
      if (size > room) room = part;
      room -= size;
    }
    return room;
  }

  // Neither an escape pair nor a surrogate pair may straddle two parts.
  function packed(sizes, part) {
    let count = 0;
    let room = 0;
    for (const size of sizes) {
      if (size > room) {
        count += 1;
        room = part;
      }
      room -= size;
    }
    return count;
  }

  globalThis.measureSegments = measure;
  globalThis.explainSegments = explain;
})();
