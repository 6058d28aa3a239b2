/** Fields -> a line of CSV or TSV. */

/** A line without its end (RFC 4180): quotes around a field that needs them, a quote inside written twice. */
export function delimitedLine(fields: readonly string[], delimiter: "," | "\t"): string {
  return fields
    .map((field) =>
      /["\r\n]/.test(field) || field.includes(delimiter)
        ? `"${field.replaceAll('"', '""')}"`
        : field,
    )
    .join(delimiter);
}
