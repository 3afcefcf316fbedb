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

  // files: {name, size, type}; there: sizes of what is attached already; 0 total = no such limit.
  function judge(files, there, { most, each, total, accept }) {
    const taken = [];
    const refused = [];
    let count = there.length;
    let sum = there.reduce((all, size) => all + size, 0);
    for (const file of files) {
      if (!file.size) refused.push(`“${file.name}” is empty.`);
      else if (!isOfKind(file.type, accept)) {
        refused.push(`“${file.name}” is of a kind that cannot be sent as MMS.`);
      } else if (file.size > each) {
        refused.push(`“${file.name}” has ${shown(file.size)}, the most a carrier takes is ${shown(each)}.`);
      } else if (count >= most) {
        refused.push(`“${file.name}” is one too many: a message can carry ${most} files.`);
      } else if (total && sum + file.size > total) {
        refused.push(`“${file.name}” is too much: from a toll-free number files may have ${shown(total)} in all.`);
      } else {
        taken.push(file);
        count += 1;
        sum += file.size;
      }
    }
    return { taken, refused };
  }

  globalThis.judgeFiles = judge;
})();
