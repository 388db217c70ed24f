// Writes the list of grid.json with ExcelJS and SheetJS, as web pages and mini programs do.
import ExcelJS from "exceljs";
import * as fs from "node:fs";
import XLSX from "xlsx";

const rows = JSON.parse(fs.readFileSync("grid.json", "utf8"));
const data = "../data/written-by-";

const book = new ExcelJS.Workbook();
const sheet = book.addWorksheet("名单");
rows.forEach((row, at) =>
  row.forEach((value, column) => {
    const cell = sheet.getCell(at + 1, column + 1);
    if (value === null) return;
    if (value.formula) cell.value = { formula: value.formula, result: value.result };
    else if (value.error) cell.value = { error: value.error };
    else if (value.date) cell.value = new Date(`${value.date}T00:00:00Z`);
    else if (value === "班长") cell.value = { richText: [{ font: { bold: true }, text: "班" }, { text: "长" }] };
    else cell.value = value;
  }),
);
["A1:I1", "A2:I2", "G4:G5"].forEach((range) => sheet.mergeCells(range));
sheet.getRow(1).font = { bold: true, size: 18 };
const lists = book.addWorksheet("列表", { state: "veryHidden" });
lists.addRow(["渝中"]);
await book.xlsx.writeFile(`${data}exceljs.xlsx`);

const cells = {};
rows.forEach((row, r) =>
  row.forEach((value, c) => {
    if (value === null) return;
    const place = XLSX.utils.encode_cell({ r, c });
    if (value.formula) cells[place] = { t: "s", f: value.formula, v: value.result };
    else if (value.error) cells[place] = { t: "e", v: 0x2a, w: value.error };
    else if (value.date) cells[place] = { t: "n", v: 46083, z: "m/d/yy" };
    else cells[place] = { t: typeof value === "number" ? "n" : "s", v: value };
  }),
);
cells["!ref"] = `A1:I${rows.length}`;
cells["!merges"] = ["A1:I1", "A2:I2", "G4:G5"].map(XLSX.utils.decode_range);
const other = XLSX.utils.book_new();
XLSX.utils.book_append_sheet(other, cells, "名单");
XLSX.utils.book_append_sheet(other, XLSX.utils.aoa_to_sheet([["渝中"]]), "列表");
other.Workbook = { Sheets: [{ Hidden: 0 }, { Hidden: 2 }] };
XLSX.writeFile(other, `${data}sheetjs.xlsx`, { bookSST: false });
XLSX.writeFile(other, `${data}sheetjs-shared.xlsx`, { bookSST: true });
XLSX.writeFile(other, `${data}sheetjs.xls`, { bookType: "biff8" });
XLSX.writeFile(other, `${data}sheetjs.ods`);
