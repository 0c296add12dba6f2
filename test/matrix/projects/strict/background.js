// An extension that has this shows its page when its button is clicked; a test learns the extension's address by it.
chrome.action?.onClicked.addListener(() => chrome.tabs.create({ url: "index.html" }));
