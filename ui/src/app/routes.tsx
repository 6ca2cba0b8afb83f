// Which address shows which page. Pages are loaded when they are first opened.
import { type ComponentType, lazy, Suspense } from 'react';
import { createBrowserRouter, Navigate } from 'react-router';
import { LiveEvents } from '../live/LiveEvents';
import { RequireSession } from '../session/RequireSession';
import { LoadingRows } from '../shared/states';
import { BrokenPage, NotFoundPage } from './ErrorPage';
import { Shell } from './Shell';

function page(load: () => Promise<{ default: ComponentType }>) {
  const Page = lazy(load);
  return (
    <Suspense fallback={<LoadingRows />}>
      <Page />
    </Suspense>
  );
}

export const router = createBrowserRouter([
  { path: '/setup', element: page(() => import('../session/SetupPage')), errorElement: <BrokenPage /> },
  { path: '/sign-in', element: page(() => import('../session/SignInPage')), errorElement: <BrokenPage /> },
  {
    path: '/',
    element: (
      <RequireSession>
        <LiveEvents>
          <Shell />
        </LiveEvents>
      </RequireSession>
    ),
    errorElement: <BrokenPage />,
    children: [
      {
        errorElement: <BrokenPage />,
        children: [
          { index: true, element: <Navigate to="/inbox" replace /> },
          { path: 'inbox', element: page(() => import('../inbox/InboxPage')) },
          { path: 'inbox/:id', element: page(() => import('../inbox/InboxPage')) },
          { path: 'cases', element: page(() => import('../cases/CasesPage')) },
          { path: 'cases/:id', element: page(() => import('../cases/CasePage')) },
          { path: 'indicators', element: page(() => import('../indicators/IndicatorsPage')) },
          { path: 'analyse', element: page(() => import('../analyse/AnalysePage')) },
          { path: 'email-oauth', element: page(() => import('../connectors/EmailOauthPage')) },
          { path: 'settings', element: <Navigate to="/settings/connectors" replace /> },
          { path: 'settings/connectors', element: page(() => import('../connectors/ConnectorsPage')) },
          { path: 'settings/connectors/new', element: page(() => import('../connectors/NewConnectorPage')) },
          { path: 'settings/connectors/:id', element: page(() => import('../connectors/ConnectorPage')) },
          {
            path: 'settings/connectors/:id/edit',
            element: page(() => import('../connectors/EditConnectorPage')),
          },
          {
            path: 'settings/connectors/:id/migrate',
            element: page(() => import('../connectors/migration/MigrationPage')),
          },
          { path: 'settings/marks', element: page(() => import('../indicators/MarksPage')) },
          {
            path: 'settings/own-domains',
            element: page(() => import('../origin-settings/OriginSettingsPage')),
          },
          { path: 'settings/patterns', element: page(() => import('../patterns/PatternsPage')) },
          { path: 'settings/patterns/new', element: page(() => import('../patterns/PatternPage')) },
          { path: 'settings/patterns/:id', element: page(() => import('../patterns/PatternPage')) },
          { path: 'settings/keys', element: page(() => import('../keys/KeysPage')) },
          {
            path: 'settings/reexamination',
            element: page(() => import('../reexamination/ReexaminationPage')),
          },
          { path: 'settings/reexamination/:id', element: page(() => import('../reexamination/RunPage')) },
          { path: 'settings/users', element: page(() => import('../settings/UsersPage')) },
          { path: 'settings/account', element: page(() => import('../settings/AccountPage')) },
          { path: 'settings/audit', element: page(() => import('../settings/AuditPage')) },
          { path: '*', element: <NotFoundPage /> },
        ],
      },
    ],
  },
]);
