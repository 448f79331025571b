//! Banzhu
