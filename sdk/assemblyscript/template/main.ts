// What patients cost, by ward and decade of birth. The same example is there in
// every language; manifest.json says what goes in and what comes out.
import { Column, Str, Strings, Table, Token, emit, paramBool, paramFloat64, paramInt64, paramString } from "./gbx/gbx";
import { Groups, countWhere, sum, sumWhere } from "./gbx/vector";

export { gbx_abi_1, gbx_buffers } from "./gbx/gbx";

// Tables of visits, as in the manifest; then the columns of each.
const PERSON = 0, VISITS = 1, RATES = 2;
const BORN = 0;
const WARD = 0, HOURS = 1, DAY = 2, URGENT = 3, FEE = 4, DOCTOR = 5;
const RATES_WARD = 0, RATES_RATE = 1;

const SINCE = 0, TYPICAL_HOURS = 1, URGENT_ONLY = 2, SKIP = 3; // parameters
const WIDTH = 12, MOST = 8; // the key's bytes; wards of one person

// What is known of one ward.
class Group {
  hours: f64 = 0;
  cost: f64 = 0;
  handovers: f64 = 0;
  constructor(public last: Token) {} // the doctor of the last visit
}

// The price of an hour in a ward; 0 if nobody lists it.
function rate(ward: Str, wards: Strings, prices: Column<i64>): f64 {
  for (let i = 0; i < wards.length; i++) {
    if (wards.is(i, ward)) return <f64>prices[i];
  }
  return 0;
}

// One record for each ward that the person was in. Called once for each
// person, with this person's rows only.
export function visits(_rows: i32): i32 {
  const person = new Table(PERSON), stays = new Table(VISITS), rates = new Table(RATES);
  if (person.rows != 1) return 1; // anything but 0: this person does not count
  const decade = <i64>(person.int32s(BORN)[0] / 10 * 10);
  const wards = stays.strings(WARD), named = stays.valid(WARD), days = stays.dates(DAY);
  const hours = stays.float64s(HOURS), timed = stays.valid(HOURS), urgent = stays.bools(URGENT);
  const fees = stays.int64s(FEE), doctors = stays.tokens(DOCTOR);
  const rated = rates.strings(RATES_WARD), prices = rates.int64s(RATES_RATE);
  const since = paramInt64(SINCE), skip = paramString(SKIP), urgentOnly = paramBool(URGENT_ONLY);

  const found = new Groups<Str>(MOST);
  const groups: Group[] = [];
  for (let i = 0; i < stays.rows; i++) {
    if (!named[i] || days[i] < since || wards.is(i, skip)) continue;
    // A missing value reads as zero: here, as not urgent.
    if (urgentOnly && !urgent[i]) continue;

    const ward = wards[i], doctor = doctors[i], n = found.find(ward);
    if (n < 0) return 1;
    if (n == groups.length) groups.push(new Group(doctor));
    const group = groups[n];
    const h = timed[i] ? hours[i] : paramFloat64(TYPICAL_HOURS);
    group.hours += h;
    group.cost += rate(ward, rated, prices) * h + <f64>fees[i];
    if (doctor != group.last) group.handovers++;
    group.last = doctor;
  }
  for (let n = 0; n < groups.length; n++) {
    const group = groups[n];
    emit().keyString(found.keys[n], WIDTH).keyInt64(decade).metric(group.hours).metric(group.cost).metric(group.handovers);
  }
  return 0;
}

const BILLS = 0, YEAR = 0, COST = 1;
const FROM = 0, TO = 1; // parameters

// One record: all costs, and those of some years. Whole columns at once.
export function totals(_rows: i32): i32 {
  const bills = new Table(BILLS);
  const years: Column<i32> = bills.int32s(YEAR), costs: Column<f64> = bills.float64s(COST);
  const from = <i32>paramInt64(FROM), to = <i32>paramInt64(TO);
  emit().metric(sum(costs)).metric(sumWhere(costs, years, from, to)).metric(countWhere(years, from, to));
  return 0;
}
