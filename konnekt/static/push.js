// News on this device: makes the button that asks the browser's push service for an address, where it has one.
"use strict";
(() => {
  const form = document.getElementById("news-begin");
  if (!form || !self.PushManager || !self.Notification || !navigator.serviceWorker) return;
  const { key, title, why, words, denied, failed } = form.dataset;
  const make = (name, properties) => Object.assign(document.createElement(name), properties);
  const button = make("button", { type: "button", textContent: words });
  const said = make("p", { role: "alert" });
  if (title) form.before(make("h2", { textContent: title }), make("p", { className: "soft", textContent: why }));
  const buttons = make("div", { className: "buttons" });
  buttons.append(button);
  form.append(buttons, said);
  form.hidden = form.parentElement.hidden = false;

  button.onclick = async () => {
    button.disabled = true;
    const fail = (textContent) => {
      Object.assign(said, { textContent, className: "notice look" });
      button.disabled = false;
    };
    if ((await Notification.requestPermission()) !== "granted") return fail(denied);
    try {
      await navigator.serviceWorker.register("/sw.js");
      const { pushManager } = await navigator.serviceWorker.ready;
      // One that was asked for with another key takes no messages of ours.
      await (await pushManager.getSubscription())?.unsubscribe();
      const { endpoint } = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
      form.elements.endpoint.value = endpoint;
      form.submit();
    } catch {
      fail(failed);
    }
  };
})();
