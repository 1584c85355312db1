/* When the session has ended, the next answer is 401: load the page again, which leads to the sign-in and back here. */
(function () {
  const ask = window.fetch;
  window.fetch = async function (...request) {
    const answer = await ask.apply(this, request);
    if (answer.status === 401) location.reload();
    return answer;
  };
})();
