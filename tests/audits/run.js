// Runs the audits of graphql-http against one endpoint and prints the results as JSON.
// [AUTHORIZATION='Bearer …'] node run.js URL
import { serverAudits } from 'graphql-http';

const [url] = process.argv.slice(2);
const authorization = process.env.AUTHORIZATION;

const fetchFn = (input, init = {}) => {
  const headers = new Headers(init.headers);
  if (authorization) headers.set('authorization', authorization);
  return fetch(input, { ...init, headers });
};

const results = [];
for (const audit of serverAudits({ url, fetchFn })) {
  const { id, name, status, reason } = await audit.fn();
  results.push({ id, name, status, reason });
}
console.log(JSON.stringify(results));
