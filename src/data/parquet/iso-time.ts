/** Days and times since 1 January 1970 -> ISO 8601. */

const DAYS_OF_400_YEARS = 146_097;
/** From 1 March of the year 0, with which leap days end a year, to 1 January 1970. */
const DAYS_BEFORE_1970 = 719_468;

/** "2020-01-31" for a number of days; years beyond 9999 and before 0 have a sign and six digits, as in ECMAScript. */
export function isoDate(days: number): string {
  // Reference: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days.
  const shifted = days + DAYS_BEFORE_1970;
  const era = Math.floor(shifted / DAYS_OF_400_YEARS);
  const ofEra = shifted - era * DAYS_OF_400_YEARS;
  const year = Math.floor(
    (ofEra - Math.floor(ofEra / 1460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) /
      365,
  );
  const ofYear = ofEra - (365 * year + Math.floor(year / 4) - Math.floor(year / 100));
  const monthFromMarch = Math.floor((5 * ofYear + 2) / 153);
  const day = ofYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1;
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9;
  const civilYear = year + 400 * era + (month <= 2 ? 1 : 0);
  return `${isoYear(civilYear)}-${padded(month, 2)}-${padded(day, 2)}`;
}

/** Units of time in a second. */
export type PerSecond = 1_000n | 1_000_000n | 1_000_000_000n;

const SECONDS_OF_DAY = 86_400n;

/** "2020-01-31T10:30:00.000Z" for a time in units of which there are so many in a second; digits below milliseconds if there are any. */
export function isoTime(time: bigint, perSecond: PerSecond): string {
  const perDay = SECONDS_OF_DAY * perSecond;
  const ofDay = ((time % perDay) + perDay) % perDay;
  return `${isoDate(Number((time - ofDay) / perDay))}T${clockTime(ofDay, perSecond)}Z`;
}

/** "10:30:00.000" for the time since midnight; undefined for none of a day. */
export function isoTimeOfDay(time: bigint, perSecond: PerSecond): string | undefined {
  const isOfDay = time >= 0n && time < SECONDS_OF_DAY * perSecond;
  return isOfDay ? clockTime(time, perSecond) : undefined;
}

function clockTime(ofDay: bigint, perSecond: PerSecond): string {
  const seconds = Number(ofDay / perSecond);
  const fraction = String(ofDay % perSecond).padStart(String(perSecond).length - 1, "0");
  const clock = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const shown = fraction.slice(0, 3) + (/[1-9]/.test(fraction.slice(3)) ? fraction.slice(3) : "");
  return `${clock.map((part) => padded(part, 2)).join(":")}.${shown}`;
}

function isoYear(year: number): string {
  if (year >= 0 && year <= 9999) return padded(year, 4);
  return `${year < 0 ? "-" : "+"}${padded(Math.abs(year), 6)}`;
}

function padded(number: number, digits: number): string {
  return String(number).padStart(digits, "0");
}
