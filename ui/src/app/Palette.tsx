// Ctrl+K: jump to a page by typing its name.
import { Spotlight, type SpotlightActionData } from '@mantine/spotlight';
import { IconPlus, IconSearch } from '@tabler/icons-react';
import { useNavigate } from 'react-router';
import { useMe } from '../session/session';
import { placesFor } from './navigation';

export function Palette() {
  const navigate = useNavigate();
  const { permissions } = useMe();
  const actions: SpotlightActionData[] = placesFor(permissions).map((place) => ({
    id: place.to,
    label: place.label,
    leftSection: <place.icon size={18} />,
    onClick: () => navigate(place.to),
  }));
  if (permissions.includes('write_desk')) {
    actions.push({
      id: 'new-case',
      label: 'New case',
      leftSection: <IconPlus size={18} />,
      onClick: () => navigate('/cases?new=1'),
    });
  }
  if (permissions.includes('manage_connectors')) {
    actions.push({
      id: 'new-connector',
      label: 'New connector',
      leftSection: <IconPlus size={18} />,
      onClick: () => navigate('/settings/connectors/new'),
    });
  }
  return (
    <Spotlight
      actions={actions}
      shortcut="mod + K"
      attributes={{ content: { 'aria-label': 'Jump to a page' } }}
      nothingFound="No such page"
      searchProps={{ leftSection: <IconSearch size={18} />, placeholder: 'Jump to…' }}
    />
  );
}
