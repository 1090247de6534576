// What customers spend, over a block of them at once: a function of kind
// blocks. Its tables hold the rows of many people, one person after the other,
// and it may compute over them whatever it likes.
import { Table, emit, paramInt64, starts, units } from "./gbx/gbx";
import { sum } from "./gbx/vector";
export { gbx_abi_1, gbx_buffers } from "./gbx/gbx";

// Tables, columns and parameters, numbered as in the manifest.
const PERSON = 0, BILLS = 1;
const BORN = 0;
const COST = 0;
const BORN_FROM = 0;

export function spending(_rows: i32): i32 {
  const persons = starts(PERSON), bills = starts(BILLS);
  const born = new Table(PERSON).int32s(BORN), cost = new Table(BILLS).float64s(COST);
  const from = paramInt64(BORN_FROM);
  let all: f64 = 0, top: f64 = 0, people = 0, without = 0;
  for (let u = 0; u < units(); u++) {
    if (persons[u] == persons[u + 1] || <i64>born[persons[u]] < from) continue;
    const own = cost.part(bills[u], bills[u + 1]), spent = sum(own);
    people++;
    if (own.length == 0) without++;
    all += spent;
    if (spent > top) top = spent;
  }
  if (people == 0) return 1; // the block counts with the job's default
  const share: f64 = all > 0 ? top / all : 0;
  emit().metric(all / people).metric(share).metric(<f64>without / people);
  return 0;
}
