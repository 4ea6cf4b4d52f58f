/**
 * Reads the small CSV files the server writes (RFC 4180): records of fields, quotes where needed. The apostrophe that keeps a
 * spreadsheet program from taking a field for a formula is taken off again: a page runs none. It stands before negative
 * numbers too in tables of releases from before numbers stayed bare, and files of a release never change.
 */
export function readCsv(text: string): string[][] {
  const records: string[][] = []
  let record: string[] = []
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/y
  const source = text.replace(/^\ufeff/, '')
  while (field.lastIndex < source.length) {
    const match = field.exec(source)
    if (!match) return []
    const text = match[1] !== undefined ? match[1].replace(/""/g, '"') : (match[2] ?? '')
    record.push(text.replace(/^'(?=[=+@-])/, ''))
    if (match[3] !== ',') {
      records.push(record)
      record = []
    }
  }
  return records
}
