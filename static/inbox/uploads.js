// Judges files before they are sent off, by the limits that the server judges by afterwards.
"use strict";
(function () {
  const kilobytes = (bytes) => `${Math.round(bytes / 1000)} KB`;
  const megabytes = (bytes) => `${Math.round(bytes / 100000) / 10} MB`;
  const shown = (bytes) => (bytes < 1000000 ? kilobytes(bytes) : megabytes(bytes));

  function isOfKind(type, accept) {
    // What the browser cannot name is left to the server, who looks at the bytes.
    if (!type) return true;
    const name = type.split(";")[0].toLowerCase();
    return accept.some((kind) =>
      kind.endsWith("/*") ? name.startsWith(kind.slice(0, -1)) : kind === name);
  }

  // files, there: {name, size, type}; 0 total = no such limit. Pictures are made smaller by the server:
  // one may be larger than the carrier's limit, and counts by what it can become.
  function judge(files, there, { most, each, picture, shrinks, least, total, accept }) {
    const taken = [];
    const refused = [];
    const mayShrink = (file) => shrinks.includes((file.type || "").split(";")[0].toLowerCase());
    const counted = (file) => (mayShrink(file) ? Math.min(file.size, least) : file.size);
    let count = there.length;
    let sum = there.reduce((all, file) => all + counted(file), 0);
    for (const file of files) {
      const limit = mayShrink(file) ? picture : each;
      if (!file.size) refused.push(`“${file.name}” is empty.`);
      else if (!isOfKind(file.type, accept)) {
        refused.push(`“${file.name}” is of a kind that cannot be sent as MMS.`);
      } else if (file.size > limit) {
        refused.push(`“${file.name}” has ${shown(file.size)}, the most ${mayShrink(file) ? "we can make smaller" : "a carrier takes"} is ${shown(limit)}.`);
      } else if (count >= most) {
        refused.push(`“${file.name}” is one too many: a message can carry ${most} files.`);
      } else if (total && sum + counted(file) > total) {
        refused.push(`“${file.name}” is too much: from a toll-free number files may have ${shown(total)} in all.`);
      } else {
        taken.push(file);
        count += 1;
        sum += counted(file);
      }
    }
    return { taken, refused };
  }

  globalThis.judgeFiles = judge;
})();
