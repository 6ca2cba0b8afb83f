// The look: calm, dense, system fonts, one accent colour with enough contrast on both schemes.
import {
  ActionIcon,
  Alert,
  Badge,
  Button,
  type CSSVariablesResolver,
  createTheme,
  type MantineColorsTuple,
  Menu,
  Modal,
  Notification,
  Table,
  Tabs,
  Tooltip,
} from '@mantine/core';

const petrol: MantineColorsTuple = [
  '#e9f6fa',
  '#d6eaf1',
  '#acd4e2',
  '#7fbdd3',
  '#5aaac6',
  '#429dbe',
  '#2f8cb0',
  '#1f7495',
  '#1f5f7a',
  '#0d4258',
];

const SYSTEM_FONTS =
  'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", "Helvetica Neue", Arial, sans-serif';
const MONO_FONTS = 'ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", Menlo, Consolas, monospace';

/** Greys with a little blue, to go with the accent colour. */
const dark: MantineColorsTuple = [
  '#d5dae0',
  '#b8bfc7',
  '#8b939c',
  '#626a73',
  '#3a4047',
  '#2b3036',
  '#22262b',
  '#1b1e22',
  '#16181b',
  '#101214',
];

/** The colour of a word on a tint of the same colour. */
const wordColor = (color: string) =>
  `light-dark(color-mix(in srgb, var(--mantine-color-${color}-9) 72%, black), var(--mantine-color-${color}-3))`;

export const theme = createTheme({
  primaryColor: 'petrol',
  primaryShade: { light: 7, dark: 7 },
  colors: { petrol, dark },
  fontFamily: SYSTEM_FONTS,
  fontFamilyMonospace: MONO_FONTS,
  defaultRadius: 'sm',
  cursorType: 'pointer',
  respectReducedMotion: true,
  fontSizes: { xs: '0.75rem', sm: '0.8125rem', md: '0.875rem', lg: '1rem', xl: '1.125rem' },
  headings: {
    fontWeight: '600',
    sizes: {
      h1: { fontSize: '1.25rem', lineHeight: '1.4' },
      h2: { fontSize: '1.0625rem', lineHeight: '1.4' },
      h3: { fontSize: '0.9375rem', lineHeight: '1.4' },
    },
  },
  components: {
    ActionIcon: ActionIcon.extend({ defaultProps: { variant: 'subtle', color: 'gray' } }),
    // A quiet tint with readable text, on both schemes.
    Alert: Alert.extend({
      vars: (_, { color }) => ({
        root: { '--alert-color': `var(--mantine-color-${color ?? 'petrol'}-filled)` },
      }),
      styles: {
        root: {
          backgroundColor: 'color-mix(in srgb, var(--alert-color) 9%, var(--surface))',
          border: '1px solid color-mix(in srgb, var(--alert-color) 38%, var(--surface))',
        },
        title: { color: 'var(--mantine-color-text)' },
        message: { color: 'var(--mantine-color-text)' },
      },
    }),
    Badge: Badge.extend({
      defaultProps: { variant: 'light', radius: 'sm', tt: 'none', fw: 500 },
      // Mantine's own words on a tint are too pale on light ground for orange, teal and others.
      vars: (_, { color = 'petrol', variant = 'light' }) => ({
        root: variant === 'light' || variant === 'outline' ? { '--badge-color': wordColor(color) } : {},
      }),
      // A badge is a word or two: never cut, never squeezed to nothing.
      styles: { root: { minWidth: 'max-content' } },
    }),
    Button: Button.extend({ defaultProps: { size: 'sm' } }),
    // The first item takes the focus; a placeholder before it is no item, which a menu may not hold.
    Menu: Menu.extend({ defaultProps: { withInitialFocusPlaceholder: false } }),
    Modal: Modal.extend({
      defaultProps: {
        centered: true,
        overlayProps: { backgroundOpacity: 0.45 },
        closeButtonProps: { 'aria-label': 'Close' },
        // Else the header of the dialog is a second banner of the page.
        attributes: { header: { role: 'presentation' } },
      },
    }),
    Notification: Notification.extend({ defaultProps: { closeButtonProps: { 'aria-label': 'Dismiss' } } }),
    Table: Table.extend({ defaultProps: { verticalSpacing: 7, horizontalSpacing: 'sm' } }),
    Tabs: Tabs.extend({ defaultProps: { keepMounted: false } }),
    Tooltip: Tooltip.extend({
      defaultProps: { openDelay: 250, withArrow: true, events: { hover: true, focus: true, touch: true } },
    }),
  },
});

const RED_BUTTON = { '--mantine-color-red-filled': '#c92a2a', '--mantine-color-red-filled-hover': '#b02525' };

/** Text keeps a contrast of at least 4.5 on both schemes, the quiet and the red as well. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-dimmed': '#5c6670',
    '--mantine-color-placeholder': '#6d7781',
    '--mantine-color-error': '#c92a2a',
    '--mantine-color-red-text': '#c92a2a',
    ...RED_BUTTON,
  },
  dark: {
    '--mantine-color-dimmed': '#a0a8b0',
    '--mantine-color-placeholder': '#8b939c',
    '--mantine-color-error': '#ff8787',
    '--mantine-color-red-text': '#ff8787',
    ...RED_BUTTON,
  },
});
