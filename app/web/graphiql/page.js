// The page: GraphiQL with the example operations as tabs, subscriptions over graphql-transport-ws, and a token from a link.
'use strict';

const ENDPOINT = new URL('/graphql', location.href);
const SOCKET = new URL('/graphql', location.href.replace(/^http/, 'ws'));

// Tabs live in this browser tab only (sessionStorage), so that no token outlives it.
const storage = window.sessionStorage;

function takeToken() {
  const token = new URLSearchParams(location.hash.slice(1)).get('token');
  if (token !== null) history.replaceState(null, '', location.pathname + location.search);
  return token;
}

// What the Headers tab showed before the page was loaded again.
function lastHeaders() {
  const { tabs = [], activeTabIndex = 0 } = JSON.parse(storage.getItem('graphiql:tabState') ?? '{}');
  return tabs[activeTabIndex]?.headers || undefined;
}

async function loadExamples() {
  const answer = await fetch('/graphiql/examples.json');
  return answer.ok ? answer.json() : [];
}

async function show() {
  const token = takeToken();
  if (token !== null) storage.clear(); // otherwise the tabs of before would win over those with the new token
  const headers = token ? JSON.stringify({ Authorization: `Bearer ${token}` }, null, 2) : lastHeaders();
  // GraphiQL knows its active tab by the headers too, yet forgets them as it starts: without this it adds a tab.
  if (headers) storage.setItem('graphiql:headers', headers);
  const tabs = (await loadExamples()).map(({ query, variables }) => ({ query, variables, headers }));

  const fetcher = GraphiQL.createFetcher({
    url: ENDPOINT.pathname,
    subscriptionUrl: SOCKET.href, // the Headers tab becomes the payload of connection_init
    enableIncrementalDelivery: false,
  });
  const page = React.createElement(
    GraphiQL,
    {
      fetcher,
      storage,
      defaultTabs: tabs.length > 0 ? tabs : undefined,
      defaultHeaders: headers,
      defaultQuery: '',
      shouldPersistHeaders: true,
      inputValueDeprecation: true,
      schemaDescription: true,
    },
    React.createElement(GraphiQL.Logo, null, 'ZeroDistance'),
  );
  ReactDOM.createRoot(document.getElementById('page')).render(page);
}

// A link with a token that is opened where the page already stands changes only the fragment.
addEventListener('hashchange', () => {
  if (new URLSearchParams(location.hash.slice(1)).has('token')) location.reload();
});
show();
