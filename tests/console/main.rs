//! The console in a real browser: the real binary on a folder of its own, and Chromium without a window, led by its own driver.
//!
//! Debian's `chromium` and `chromium-driver`; where they are not installed, every test says so in a line and passes. What holds
//! for every page is checked when a browser is closed: nothing was asked of any other host, the policy stopped nothing, and no
//! script failed.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod browser;
mod driver;
mod hostile;
mod keys;
mod lists;
mod pages;
mod plain;
mod races;
mod service;
mod sign_in;

use browser::{Browser, Options};
use driver::Driver;
use service::Service;

/// A service and the driver of browsers.
struct World {
    service: Service,
    driver: Driver,
}

impl World {
    /// `None` where no browser is installed, which is told.
    fn start() -> Option<Self> {
        Self::start_as("serve")
    }

    /// The same by another command of the binary.
    fn start_as(command: &str) -> Option<Self> {
        let Some(driver) = Driver::start() else {
            println!("skipped: chromedriver or chromium is not installed");
            return None;
        };
        let service = Service::start(command);
        Some(Self { service, driver })
    }

    /// A browser in which nobody is signed in.
    async fn browser(&self, options: Options) -> Browser {
        Browser::open(&self.driver, self.service.url(), options).await
    }

    /// A browser in which somebody new of this role is signed in, at the queue.
    async fn signed_in(&self, name: &str, role: &str) -> Browser {
        self.signed_in_with(name, role, Options::default()).await
    }

    async fn signed_in_with(&self, name: &str, role: &str, options: Options) -> Browser {
        let password = self.service.add_user(name, role);
        let browser = self.browser(options).await;
        browser.go("/console/sign-in").await;
        browser.type_into("#name", name).await;
        browser.type_into("#password", &password).await;
        browser.click("#sign-in").await;
        browser.until_shown("[data-page=queue]").await;
        browser
    }

    fn end(self) {
        drop(self.driver);
        self.service.stop();
    }
}
