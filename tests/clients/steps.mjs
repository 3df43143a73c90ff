// What every client here does with what it gets: drops the steps it has, and prints the others.
export const { url, token, code, last } = JSON.parse(process.argv[2]);
export const headers = { Authorization: `Bearer ${token}` };
export const query = `subscription Steps($code: ProductCode!, $after: Int) {
  productSteps(code: $code, after: $after) { sequence kind } }`;

let known = 0;

/** Take the result of one event. */
export function take({ data, errors, error }) {
  if (errors?.length || error) fail(errors ?? error);
  const { sequence } = data.productSteps;
  if (sequence <= known) return;
  known = sequence;
  show(data.productSteps);
}

/** Show a step to the user. */
export function show({ sequence }) {
  console.log(sequence);
  if (sequence >= last) process.exit(0);
}

export function fail(problem) {
  console.error(problem);
  process.exit(1);
}

/** Wait a moment before coming back: for the test's sake. Leave it out, and clients wait 1 s and more, with jitter. */
export const soon = () => new Promise((resolve) => setTimeout(resolve, 100));
